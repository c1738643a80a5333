using System;
using System.Diagnostics;
using System.Text;
using System.Threading;
using Limber.Chardev.Native;
using Limber.Chardev.Serial;
using Limber.Chardev.Tests.Support;
using Limber.Interop;

namespace Limber.Chardev.Tests;

public sealed class OutputPumpTests
{
    [Fact]
    public void Add_WhileSinkIsFull_AllocatesNothingAndFallsShort()
    {
        (FileDescriptor reader, FileDescriptor writer) = TestPlace.Pipe();
        using (reader)
        using (writer)
        using (var pump = new OutputPump("t", new DescriptorOutput(writer, shared: true, hangUpIsFinal: true)))
        {
            pump.Start(static () => { });
            byte[] data = new byte[100];
            pump.Add(data);
            long before = GC.GetAllocatedBytesForCurrentThread();
            int taken = 0;
            for (int i = 0; i < 4000; i++)
            {
                taken += pump.Add(data);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

            // The pipe's 64 KiB, the ring's 64 KiB.
            Assert.InRange(taken, OutputRing.Capacity - 100, (2 * 64 * 1024) + 4096);
        }
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    [InlineData(false, 4)]
    public void Add_SlowReader_LosesNothingAndIsToldOfRoom(bool shared, int seed)
    {
        (FileDescriptor reader, FileDescriptor writer) = TestPlace.Pipe();
        if (!shared)
        {
            Assert.Equal(0, Posix.fcntl(writer, Posix.F_SETFL, Posix.O_NONBLOCK));
        }

        const int Total = 1_000_000;
        using var room = new AutoResetEvent(false);
        using (reader)
        using (writer)
        using (var pump = new OutputPump("t", new DescriptorOutput(writer, shared, hangUpIsFinal: true)))
        {
            int wrong = 0;
            var consumer = new Thread(() => wrong = Consume(reader, Total, new Random(seed)));
            consumer.Start();
            pump.Start(() => room.Set());
            var random = new Random(seed + 100);
            byte[] chunk = new byte[5000];
            int sent = 0;
            int waits = 0;
            while (sent < Total)
            {
                int length = Math.Min(random.Next(1, chunk.Length), Total - sent);
                for (int i = 0; i < length; i++)
                {
                    chunk[i] = Expected(sent + i);
                }

                int taken = pump.Add(chunk.AsSpan(0, length));
                sent += taken;
                if (taken < length)
                {
                    waits++;
                    Assert.True(room.WaitOne(10_000), $"no OutputDrained after {sent} bytes");
                }
            }

            consumer.Join();
            Assert.Equal(0, wrong);
            Assert.True(waits > 0, "the reader was not slow enough to test anything");
        }
    }

    [Fact]
    public void Add_ReaderGone_DropsInsteadOfStalling()
    {
        (FileDescriptor reader, FileDescriptor writer) = TestPlace.Pipe();
        using var room = new ManualResetEventSlim();
        using (writer)
        using (var pump = new OutputPump("t", new DescriptorOutput(writer, shared: true, hangUpIsFinal: true)))
        {
            byte[] data = new byte[1000];
            int taken;
            do
            {
                taken = pump.Add(data);
            }
            while (taken == data.Length);
            reader.Dispose();
            pump.Start(room.Set);
            Assert.True(room.Wait(10_000, TestContext.Current.CancellationToken), "no room after the reader left");
        }
    }

    [Fact]
    public void Dispose_BeforeAllIsWritten_FlushesFirst()
    {
        (FileDescriptor reader, FileDescriptor writer) = TestPlace.Pipe();
        using (reader)
        {
            var pump = new OutputPump("t", new DescriptorOutput(writer, shared: true, hangUpIsFinal: true));
            pump.Start(static () => { });
            pump.Add(Encoding.ASCII.GetBytes(new string('x', 30_000)));
            pump.Dispose();
            writer.Dispose();
            byte[] all = new byte[40_000];
            int count = 0;
            while (HostIo.Read(reader, all.AsSpan(count)) is int more and > 0)
            {
                count += more;
            }

            Assert.Equal(30_000, count);
        }
    }

    [Fact]
    public void Dispose_SinkNeverTakesIt_GivesUpAfterABoundedTime()
    {
        (FileDescriptor reader, FileDescriptor writer) = TestPlace.Pipe();
        using (reader)
        using (writer)
        {
            var pump = new OutputPump("t", new DescriptorOutput(writer, shared: true, hangUpIsFinal: true));
            const int PipeCapacity = 65_536;
            Assert.Equal(PipeCapacity, HostIo.Write(writer, new byte[PipeCapacity]));
            pump.Start(static () => { });
            pump.Add("stuck"u8);

            var clock = Stopwatch.StartNew();
            pump.Dispose();
            Assert.InRange(clock.Elapsed.TotalSeconds, 0.9, 3);
        }
    }

    private static int Consume(FileDescriptor reader, int total, Random random)
    {
        byte[] buffer = new byte[20_000];
        int wrong = 0;
        for (int position = 0; position < total;)
        {
            int count = HostIo.Read(reader, buffer.AsSpan(0, random.Next(1, buffer.Length)));
            for (int i = 0; i < count; i++)
            {
                wrong += buffer[i] == Expected(position + i) ? 0 : 1;
            }

            position += count;
            if (random.Next(8) == 0)
            {
                Thread.Sleep(1);
            }
        }

        return wrong;
    }

    private static byte Expected(int position) => (byte)((position * 7L % 251) & 0xff);
}
