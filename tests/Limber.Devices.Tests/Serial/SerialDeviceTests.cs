using System;
using System.Linq;
using System.Text;
using System.Threading;
using Limber.Devices.Platform.Serial;
using Limber.Devices.Tests.Fakes;

namespace Limber.Devices.Tests.Serial;

public sealed class SerialDeviceTests
{
    private const int Data = 0;
    private const int Ier = 1;
    private const int Iir = 2;
    private const int Fcr = 2;
    private const int Lcr = 3;
    private const int Mcr = 4;
    private const int Lsr = 5;
    private const int Msr = 6;

    private readonly FakeLine line = new();
    private readonly FakeBackend backend = new();
    private readonly FakeLog log = new();
    private readonly SerialDevice serial;

    public SerialDeviceTests() => serial = new SerialDevice(0, line, backend, log);

    [Fact]
    public void Write_PolledOutput_ReachesBackendAndNeverInterrupts()
    {
        foreach (byte value in "Linux version"u8)
        {
            Assert.Equal(0x60, serial.In8(Lsr) & 0x60);
            serial.Out8(Data, value);
        }

        Assert.Equal("Linux version", Encoding.ASCII.GetString(backend.Taken));
        Assert.Equal(0, line.Edges);
    }

    [Fact]
    public void Write_FullBackend_KeepsBytesAndClearsThreUntilDrained()
    {
        backend.Room = 3;
        for (int i = 0; i < 16; i++)
        {
            serial.Out8(Data, i);
        }

        Assert.Equal(0, serial.In8(Lsr) & 0x60);
        backend.Room = 5;
        serial.OutputDrained();
        Assert.Equal(0, serial.In8(Lsr) & 0x60);
        backend.Room = int.MaxValue;
        serial.OutputDrained();

        Assert.Equal(0x60, serial.In8(Lsr) & 0x60);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => (byte)i), backend.Taken);
        Assert.Equal(0, log.Count);
    }

    [Fact]
    public void Write_GuestThatIgnoresThre_LosesOnlyWhatExceedsTheQueueAndIsCounted()
    {
        backend.Room = 0;
        for (int i = 0; i < 70; i++)
        {
            serial.Out8(Data, i);
        }

        backend.Room = int.MaxValue;
        serial.OutputDrained();

        Assert.Equal(Enumerable.Range(0, 64).Select(i => (byte)i), backend.Taken);
        Assert.Equal(6, log.Count);
    }

    [Fact]
    public void OutputDrained_DuringShortWrite_IsNotForgotten()
    {
        backend.Room = 0;
        backend.DuringWrite = () =>
        {
            backend.DuringWrite = null;
            backend.Room = int.MaxValue;
            serial.OutputDrained();
        };
        serial.Out8(Data, 'x');

        Assert.Equal("x"u8.ToArray(), backend.Taken);
        Assert.Equal(0x60, serial.In8(Lsr) & 0x60);
    }

    [Fact]
    public void Reset_FullBackend_StillDeliversWhatWasWritten()
    {
        backend.Room = 0;
        serial.Out8(Data, 'a');
        serial.Out8(Data, 'b');
        serial.Reset();
        backend.Room = int.MaxValue;
        serial.OutputDrained();

        Assert.Equal("ab"u8.ToArray(), backend.Taken);
    }

    [Fact]
    public void TransmitInterrupt_EnabledWhileEmpty_IsRaisedAgainEachTime()
    {
        serial.Out8(Mcr, 0x08);
        serial.Out8(Ier, 0x02);
        Assert.True(line.Level);
        Assert.Equal(0x02, serial.In8(Iir));
        Assert.False(line.Level);
        Assert.Equal(0x01, serial.In8(Iir));

        serial.Out8(Ier, 0x00);
        serial.Out8(Ier, 0x02);

        Assert.True(line.Level);
        Assert.Equal(2, line.Edges);
        Assert.Equal(0x02, serial.In8(Iir));
    }

    [Fact]
    public void TransmitInterrupt_AfterByteIsTaken_MakesAnEdge()
    {
        serial.Out8(Mcr, 0x08);
        serial.Out8(Ier, 0x02);
        int edges = line.Edges;

        // The interrupt is pending already: only a fall and a rise tell an edge-triggered controller.
        serial.Out8(Data, 'x');

        Assert.True(line.Level);
        Assert.Equal(edges + 1, line.Edges);
    }

    [Fact]
    public void TransmitInterrupt_FullBackend_ComesWhenDrained()
    {
        serial.Out8(Mcr, 0x08);
        backend.Room = 0;
        serial.Out8(Data, 'x');
        serial.Out8(Ier, 0x02);
        Assert.False(line.Level);

        backend.Room = int.MaxValue;
        serial.OutputDrained();

        Assert.True(line.Level);
        Assert.Equal(0x02, serial.In8(Iir));
    }

    [Fact]
    public void Interrupt_WithoutOut2_StaysInside()
    {
        serial.Out8(Ier, 0x02);
        Assert.False(line.Level);
        Assert.Equal(0x02, serial.In8(Iir));
        serial.Out8(Ier, 0x00);
        serial.Out8(Ier, 0x02);
        serial.Out8(Mcr, 0x08);
        Assert.True(line.Level);
    }

    [Theory]
    [InlineData(0x01, 1)]
    [InlineData(0x41, 4)]
    [InlineData(0x81, 8)]
    [InlineData(0xc1, 14)]
    public void Receive_TriggerLevels_TellTimeoutFromData(int fifoControl, int trigger)
    {
        serial.Out8(Mcr, 0x08);
        serial.Out8(Fcr, fifoControl);
        serial.Out8(Ier, 0x01);
        for (int i = 1; i <= 16; i++)
        {
            serial.Receive([(byte)i]);
            Assert.True(line.Level);
            Assert.Equal(i < trigger ? 0xcc : 0xc4, serial.In8(Iir));
        }

        for (int i = 1; i <= 16; i++)
        {
            Assert.Equal(0x01, serial.In8(Lsr) & 0x01);
            Assert.Equal(i, serial.In8(Data));
        }

        Assert.Equal(0, serial.In8(Lsr) & 0x01);
        Assert.False(line.Level);
        Assert.Equal(0xc1, serial.In8(Iir));
    }

    [Fact]
    public void Receive_UpToCapacity_LosesNothingAndResumesOnce()
    {
        int resumed = 0;
        serial.OnCapacityAvailable(() => resumed++);
        int next = 0;
        int expected = 0;
        for (int round = 0; round < 4; round++)
        {
            while (serial.ReceiveCapacity is > 0 and int capacity)
            {
                byte[] burst = new byte[Math.Min(capacity, 100)];
                for (int i = 0; i < burst.Length; i++)
                {
                    burst[i] = unchecked((byte)next++);
                }

                serial.Receive(burst);
            }

            Assert.Equal(round, resumed);
            while ((serial.In8(Lsr) & 0x01) != 0)
            {
                Assert.Equal(unchecked((byte)expected++), serial.In8(Data));
            }

            Assert.Equal(round + 1, resumed);
        }

        Assert.Equal(next, expected);
        Assert.Equal(0, serial.In8(Lsr) & 0x02);
    }

    [Fact]
    public void Receive_BeyondCapacity_SetsOverrunOnce()
    {
        serial.Receive(new byte[2000]);
        Assert.Equal(0x02, serial.In8(Lsr) & 0x02);
        Assert.Equal(0x00, serial.In8(Lsr) & 0x02);
    }

    [Fact]
    public void FifoClear_DropsNoMoreThanTheChipHolds()
    {
        serial.Receive([.. Enumerable.Range(0, 40).Select(i => (byte)i)]);
        serial.Out8(Fcr, 0x01);
        Assert.Equal(16, serial.In8(Data));
    }

    [Fact]
    public void Loopback_DriverProbe_SeesModemLinesAndEcho()
    {
        serial.Out8(Mcr, 0x1a);
        Assert.Equal(0x90, serial.In8(Msr) & 0xf0);
        serial.Out8(Data, 0x55);
        Assert.Equal(0x55, serial.In8(Data));
        Assert.Equal(0, serial.ReceiveCapacity);
        Assert.Empty(backend.Taken);

        serial.Out8(Mcr, 0x08);
        Assert.Equal(0xb0, serial.In8(Msr) & 0xf0);
        Assert.True(serial.ReceiveCapacity > 0);
    }

    [Theory]
    [InlineData(0x00, 1)]
    [InlineData(0x01, 16)]
    public void Loopback_FifoSizeProbe_FindsTheChipsDepth(int fifoControl, int depth)
    {
        serial.Out8(Fcr, fifoControl);
        serial.Out8(Mcr, 0x10);
        for (int i = 0; i < 256; i++)
        {
            serial.Out8(Data, i);
        }

        int count = 0;
        while ((serial.In8(Lsr) & 0x01) != 0)
        {
            serial.In8(Data);
            count++;
        }

        Assert.Equal(depth, count);
    }

    [Fact]
    public void ModemStatus_Deltas_InterruptAndClearOnRead()
    {
        serial.Out8(Ier, 0x08);
        serial.Out8(Mcr, 0x10);
        Assert.Equal(0x00, serial.In8(Iir));
        Assert.Equal(0x0b, serial.In8(Msr));
        Assert.Equal(0x00, serial.In8(Msr));
        Assert.Equal(0x01, serial.In8(Iir));
    }

    [Fact]
    public void Probe_As16550A_IsRecognised()
    {
        serial.Out8(Ier, 0xff);
        Assert.Equal(0x0f, serial.In8(Ier));
        serial.Out8(Ier, 0);
        serial.Out8(Fcr, 0x01);
        Assert.Equal(0xc0, serial.In8(Iir) & 0xe0);
        serial.Out8(Fcr, 0x21);
        Assert.Equal(0xc0, serial.In8(Iir) & 0xe0);
        serial.Out8(Fcr, 0x00);
        Assert.Equal(0x00, serial.In8(Iir) & 0xc0);
    }

    [Fact]
    public void DivisorLatch_HidesDataRegisters()
    {
        serial.Out8(Lcr, 0x83);
        serial.Out8(Data, 0x34);
        serial.Out8(Ier, 0x12);
        Assert.Equal(0x34, serial.In8(Data));
        Assert.Equal(0x12, serial.In8(Ier));
        serial.Out8(Lcr, 0x03);
        Assert.Equal(0x00, serial.In8(Ier));
        Assert.Empty(backend.Taken);
    }

    [Fact]
    public async System.Threading.Tasks.Task Write_TwoThreads_LosesNothingAndKeepsEachOrder()
    {
        const int PerThread = 20_000;
        void Guest(int tag)
        {
            for (int i = 0; i < PerThread; i++)
            {
                while ((serial.In8(Lsr) & 0x20) == 0)
                {
                    Thread.SpinWait(1);
                }

                serial.Out8(Data, tag | (i & 0x3f));
            }
        }

        CancellationToken token = TestContext.Current.CancellationToken;
        await System.Threading.Tasks.Task.WhenAll(
            System.Threading.Tasks.Task.Run(() => Guest(0x00), token), System.Threading.Tasks.Task.Run(() => Guest(0x80), token));

        byte[] taken = backend.Taken;
        Assert.Equal(2 * PerThread, taken.Length);
        foreach (int tag in new[] { 0x00, 0x80 })
        {
            byte[] mine = [.. taken.Where(value => (value & 0x80) == tag)];
            Assert.Equal(Enumerable.Range(0, PerThread).Select(i => (byte)(tag | (i & 0x3f))), mine);
        }
    }

    [Theory]
    [InlineData(0, 0x3f8, 4)]
    [InlineData(1, 0x2f8, 3)]
    [InlineData(2, 0x3e8, 4)]
    [InlineData(3, 0x2e8, 3)]
    public void Places_AreThePcs(int index, int port, int irq)
    {
        var device = new SerialDevice(index, line, backend, log);
        Assert.Equal(port, device.BasePort);
        Assert.Equal(irq, device.Irq);
    }

    [Fact]
    public void Constructor_FifthPort_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SerialDevice(4, line, backend, log));
}
