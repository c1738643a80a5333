using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Device;

namespace Limber.Devices.Tests.Bus;

public sealed class IoBusTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly IoBus bus = new("port");

    [Fact]
    public void Read_InsideRange_PassesOffset()
    {
        var device = new RecordingDevice();
        bus.Insert(0x3f8, 8, device, "COM1");
        Span<byte> data = stackalloc byte[2];

        Assert.Equal(IoStatus.Ok, bus.Read(0x3fb, data));

        Assert.Equal(3UL, device.LastOffset);
        Assert.Equal([0x11, 0x11], data.ToArray());
    }

    [Theory]
    [InlineData(0x3f7, 1)]
    [InlineData(0x400, 1)]
    [InlineData(0x3f7, 2)]
    [InlineData(0x3ff, 2)]
    [InlineData(0x3fd, 4)]
    [InlineData(0x3f9, 8)]
    public void Access_NotWhollyInRange_IsNoResponseAndOnes(int address, int width)
    {
        var device = new RecordingDevice();
        bus.Insert(0x3f8, 8, device, "COM1");
        byte[] data = new byte[width];

        Assert.Equal(IoStatus.NoResponse, bus.Read((ulong)address, data));
        Assert.Equal(IoStatus.NoResponse, bus.Write((ulong)address, data));

        Assert.All(data, value => Assert.Equal(0xff, value));
        Assert.Equal(0, device.Accesses);
    }

    [Fact]
    public void Read_DeviceThatFailsAfterFilling_LeavesOnes()
    {
        bus.Insert(0, 1, new RecordingDevice { Status = IoStatus.InvalidWidth }, "odd");
        Span<byte> data = stackalloc byte[1];
        Assert.Equal(IoStatus.InvalidWidth, bus.Read(0, data));
        Assert.Equal(0xff, data[0]);
    }

    [Fact]
    public void Access_EndOfAddressSpace_Works()
    {
        var device = new RecordingDevice();
        bus.Insert(ulong.MaxValue - 7, 8, device, "last");
        Assert.Equal(IoStatus.Ok, bus.Read(ulong.MaxValue, new byte[1]));
        Assert.Equal(7UL, device.LastOffset);
        Assert.Equal(IoStatus.NoResponse, bus.Read(ulong.MaxValue, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => bus.Insert(ulong.MaxValue, 2, device, "beyond"));
        Assert.Throws<ArgumentOutOfRangeException>(() => bus.Insert(0, 0, device, "empty"));
    }

    [Theory]
    [InlineData(0x10, 0x10)]
    [InlineData(0x0f, 2)]
    [InlineData(0x1f, 1)]
    [InlineData(0x12, 2)]
    [InlineData(0x00, 0x40)]
    public void Insert_Overlap_NamesBothAndChangesNothing(int start, int length)
    {
        bus.Insert(0x10, 0x10, new RecordingDevice(), "first");
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => bus.Insert((ulong)start, (ulong)length, new RecordingDevice(), "second"));
        Assert.Contains("first (0x10..0x1f)", error.Message, StringComparison.Ordinal);
        Assert.Contains("second", error.Message, StringComparison.Ordinal);
        Assert.Equal("first", Assert.Single(bus.Ranges).Name);
    }

    [Fact]
    public void InsertAndRemove_Random_AgreesWithAPlainList()
    {
        var random = new Random(7);
        for (int step = 0; step < 2000; step++)
        {
            ulong start = (ulong)random.Next(200);
            ulong length = (ulong)random.Next(1, 9);
            bool free = !bus.Ranges.Any(range => range.Start < start + length && start <= range.Last);
            if (random.Next(3) == 0 && bus.Ranges.Count > 0)
            {
                bus.Remove(bus.Ranges[random.Next(bus.Ranges.Count)].Start);
            }
            else if (free)
            {
                bus.Insert(start, length, new RecordingDevice(), "range");
            }
            else
            {
                Assert.Throws<InvalidOperationException>(() => bus.Insert(start, length, new RecordingDevice(), "range"));
            }

            ulong probe = (ulong)random.Next(210);
            IoRange? expected = bus.Ranges.FirstOrDefault(range => range.Start <= probe && probe <= range.Last);
            Assert.Equal(expected is null ? IoStatus.NoResponse : IoStatus.Ok, bus.Write(probe, new byte[1]));
            Assert.Equal(expected is null ? null : probe - expected.Start, (expected?.Device as RecordingDevice)?.LastOffset);
        }
    }

    [Fact]
    public void Remove_UnknownStart_Throws()
    {
        bus.Insert(0x10, 0x10, new RecordingDevice(), "first");
        Assert.Throws<InvalidOperationException>(() => bus.Remove(0x11));
        Assert.Throws<InvalidOperationException>(() => bus.Remove(0x0));
    }

    [Fact]
    public async Task Remove_AccessInside_IsQuiescentOnlyAfterItLeft()
    {
        using var device = new BlockingDevice();
        IoRange range = bus.Insert(0x10, 1, device, "slow");
        Assert.False(range.IsQuiescent);
        Task<IoStatus> inside = Task.Run(() => bus.Write(0x10, new byte[1]), TestContext.Current.CancellationToken);
        Assert.True(device.Entered.Wait(Soon, TestContext.Current.CancellationToken));

        Assert.Same(range, bus.Remove(0x10));

        Assert.True(range.IsRemoved);
        Assert.False(range.IsQuiescent);
        Assert.False(range.WaitUntilQuiescent(TimeSpan.FromMilliseconds(5)));
        Assert.Equal(IoStatus.NoResponse, bus.Write(0x10, new byte[1]));
        bus.Insert(0x10, 1, new RecordingDevice(), "next");
        Assert.Equal(IoStatus.Ok, bus.Write(0x10, new byte[1]));

        device.MayLeave.Set();
        Assert.True(range.WaitUntilQuiescent(Soon));
        Assert.Equal(IoStatus.Ok, await inside);
        Assert.True(range.IsQuiescent);
    }

    [Fact]
    public void Remove_DeviceThatThrew_IsStillQuiescent()
    {
        IoRange range = bus.Insert(0, 1, new ThrowingDevice(), "broken");
        Assert.Throws<InvalidOperationException>(() => bus.Read(0, new byte[1]));
        bus.Remove(0);
        Assert.True(range.IsQuiescent);
    }

    [Fact]
    public void Access_TenThousandTimes_AllocatesNothing()
    {
        for (int i = 0; i < 20; i++)
        {
            bus.Insert((ulong)i * 16, 8, new RecordingDevice(), "range");
        }

        byte[] data = new byte[1];
        bus.Read(0, data);
        bus.Write(0, data);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            bus.Read((ulong)(i % 330), data);
            bus.Write((ulong)(i % 330), data);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private sealed class RecordingDevice : IIoDevice
    {
        public IoStatus Status { get; init; } = IoStatus.Ok;

        public ulong? LastOffset { get; private set; }

        public int Accesses { get; private set; }

        public IoStatus Read(ulong offset, Span<byte> data)
        {
            data.Fill(0x11);
            return Write(offset, data);
        }

        public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
        {
            LastOffset = offset;
            Accesses++;
            return Status;
        }
    }

    private sealed class BlockingDevice : IIoDevice, IDisposable
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim MayLeave { get; } = new();

        public IoStatus Read(ulong offset, Span<byte> data) => Write(offset, data);

        public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
        {
            Entered.Set();
            MayLeave.Wait(Soon);
            return IoStatus.Ok;
        }

        public void Dispose()
        {
            Entered.Dispose();
            MayLeave.Dispose();
        }
    }

    private sealed class ThrowingDevice : IIoDevice
    {
        public IoStatus Read(ulong offset, Span<byte> data) => throw new InvalidOperationException("a bug");

        public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => IoStatus.Ok;
    }
}
