using System;
using System.Buffers.Binary;
using System.IO;
using System.Threading;
using Limber.Block;
using Limber.Device.RateLimits;
using Limber.Virtio.TestKit;
using Limber.VirtioBlock;

namespace Limber.VirtioDevices.Tests.Block;

public sealed class BlockRateLimitTests : IDisposable
{
    private const int Size = 1 << 20;
    private const uint In = 0;
    private const uint Flush = 4;
    private readonly string path = Path.GetTempFileName();
    private readonly ManualClock clock = new();

    public BlockRateLimitTests()
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength(Size);
    }

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Bytes_BeyondTheLimit_WaitForTime()
    {
        using VirtioRig rig = Create(new TokenBucketLimit(4096, 0, TimeSpan.FromMilliseconds(4)), null);
        rig.Start(0);
        Read(rig, 4096);
        Assert.Equal(4097u, rig.Reap(0).Written);
        Read(rig, 1024);
        Read(rig, 1024);
        RequireNothing(rig);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1025u, rig.Reap(0).Written);
        RequireNothing(rig);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1025u, rig.Reap(0).Written);
    }

    [Fact]
    public void Operations_CountWithoutData()
    {
        using VirtioRig rig = Create(null, new TokenBucketLimit(2, 0, TimeSpan.FromMilliseconds(2)));
        rig.Start(0);
        for (int i = 0; i < 3; i++)
        {
            rig.Submit(0, Header(rig, Flush), rig.Buffer(1, true));
        }

        rig.Reap(0);
        rig.Reap(0);
        RequireNothing(rig);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        rig.Reap(0);
    }

    [Fact]
    public void Reset_ForgetsTheRequestThatWaits_AndTheDiskWorksOn()
    {
        using VirtioRig rig = Create(new TokenBucketLimit(512, 0, TimeSpan.FromMilliseconds(1)), null);
        rig.Start(0);
        Read(rig, 512);
        rig.Reap(0);
        Read(rig, 512);
        RequireNothing(rig);
        rig.ResetAsDriver();
        rig.Start(0);
        Read(rig, 512);
        RequireNothing(rig);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(513u, rig.Reap(0).Written);
    }

    [Fact]
    public void Pause_DoesNotWaitForTheLimit_AndTheDebtRemains()
    {
        using VirtioRig rig = Create(new TokenBucketLimit(512, 0, TimeSpan.FromMilliseconds(1)), null);
        rig.Start(0);
        Read(rig, 512);
        rig.Reap(0);
        Read(rig, 512);
        RequireNothing(rig);
        rig.Device.Pause();
        Assert.Equal(513u, rig.Reap(0).Written);
        rig.Device.Resume();
        Read(rig, 512);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        RequireNothing(rig);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(513u, rig.Reap(0).Written);
    }

    private static void Read(VirtioRig rig, int length) => rig.Submit(0, Header(rig, In), rig.Buffer(length, true), rig.Buffer(1, true));

    private static DriverBuffer Header(VirtioRig rig, uint type)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        return rig.Filled(header);
    }

    // The timer has had its turns, and found that it is not time yet: the clock stands still.
    private static void RequireNothing(VirtioRig rig)
    {
        for (int i = 0; i < 3; i++)
        {
            Thread.Sleep(1);
            rig.OnLoop(() => { });
        }

        Assert.False(rig[0].TryReap(out _, out _));
    }

    private VirtioRig Create(TokenBucketLimit? bytes, TokenBucketLimit? operations) => new(context => new VirtioBlock.VirtioBlock(
        context,
        BlockImages.Open(new BlockImageOptions { Path = path, Format = BlockImageFormat.Raw }),
        ownsImage: true,
        new VirtioBlockOptions { RateLimiter = new RateLimiter(bytes, operations, clock) }));

    private sealed class ManualClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref now);

        public void Advance(TimeSpan time) => Interlocked.Add(ref now, time.Ticks);
    }
}
