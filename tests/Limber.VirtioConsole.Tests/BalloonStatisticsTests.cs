using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Balloon;

namespace Limber.VirtioConsole.Tests;

public sealed class BalloonStatisticsTests : IDisposable
{
    private readonly VirtioRig rig = new(context => new BalloonDevice(context, new BalloonOptions(), TimeProvider.System));

    private BalloonDevice Device => (BalloonDevice)rig.Device;

    public void Dispose() => rig.Dispose();

    [Fact]
    public void AreReadAndAskedForAgain()
    {
        int updates = 0;
        Device.StatisticsUpdated += _ => updates++;
        rig.Start(BalloonFeatures.Statistics);
        rig.Submit(2, Statistics((4, 1000), (5, 2000), (99, 1), (9, ulong.MaxValue)));
        Eventually.Holds(() => Device.TryGetStatistic(BalloonStatistic.FreeMemory, out ulong free) && free == 1000, "the first report");
        Assert.True(Device.TryGetStatistic(BalloonStatistic.TotalMemory, out ulong total));
        Assert.Equal(2000UL, total);
        Assert.False(Device.TryGetStatistic(BalloonStatistic.HugePageFailures, out _));
        Assert.False(Device.TryGetStatistic(BalloonStatistic.SwapIn, out _));
        Assert.NotNull(Device.StatisticsTime);
        Assert.False(rig[2].TryReap(out _, out _));

        Device.RequestStatistics();
        rig.Reap(2);
        rig.Submit(2, Statistics((4, 500)));

        Eventually.Holds(() => Device.TryGetStatistic(BalloonStatistic.FreeMemory, out ulong free) && free == 500, "the second report");
        Assert.False(Device.TryGetStatistic(BalloonStatistic.TotalMemory, out _));
        rig.OnLoop(() => { });
        Assert.Equal(2, updates);
        rig.ResetAsDriver();
        Assert.Null(Device.StatisticsTime);
    }

    [Fact]
    public void AreAskedForRegularly()
    {
        rig.Start(BalloonFeatures.Statistics);
        Device.StatisticsInterval = BalloonDevice.MinimumInterval;
        for (ulong i = 0; i < 3; i++)
        {
            rig.Submit(2, Statistics((4, i)));
            rig.Reap(2);
        }

        Device.StatisticsInterval = TimeSpan.Zero;
        rig.OnLoop(() => { });
        rig.Submit(2, Statistics((4, 77)));
        Eventually.Holds(() => Device.TryGetStatistic(BalloonStatistic.FreeMemory, out ulong free) && free == 77, "the last report");
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.StatisticsInterval = TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void BufferIsHeldOverAPause_AndAskedForWhenItEnds()
    {
        rig.Start(BalloonFeatures.Statistics);
        rig.Submit(2, Statistics((4, 1)));
        Eventually.Holds(() => Device.StatisticsTime is not null, "a report");

        rig.Device.Pause();
        Device.RequestStatistics();
        rig.OnLoop(() => { });
        Assert.False(rig[2].TryReap(out _, out _));
        rig.Device.Resume();

        rig.Reap(2);
    }

    [Fact]
    public void SecondBuffer_SendsTheFirstBack()
    {
        rig.Start(BalloonFeatures.Statistics);
        ushort first = rig.Submit(2, Statistics((4, 1)));
        rig.Submit(2, Statistics((4, 2)));

        Assert.Equal(first, rig.Reap(2).Id);
        Assert.False(rig[2].TryReap(out _, out _));
    }

    [Fact]
    public void SteadyState_AllocatesNothing()
    {
        rig.Start(BalloonFeatures.Statistics);
        DriverBuffer report = Statistics((4, 1), (5, 2));
        int updates = 0;
        Device.StatisticsUpdated += _ => Volatile.Write(ref updates, updates + 1);
        long before = 0;
        long after = 0;
        for (int i = 0; i < 1200; i++)
        {
            if (i == 200)
            {
                rig.OnLoop(() => before = GC.GetAllocatedBytesForCurrentThread());
            }

            rig.Submit(2, report);
            Eventually.Holds(() => Volatile.Read(ref updates) > i, "a report");
            Device.RequestStatistics();
            rig.Reap(2);
        }

        rig.OnLoop(() => after = GC.GetAllocatedBytesForCurrentThread());

        // Less than a byte a report: what is counted here is the measuring itself.
        Assert.InRange(after - before, 0, 999);
    }

    private DriverBuffer Statistics(params (ushort Tag, ulong Value)[] entries)
    {
        List<byte> bytes = [];
        foreach ((ushort tag, ulong value) in entries)
        {
            bytes.AddRange(BitConverter.GetBytes(tag));
            bytes.AddRange(BitConverter.GetBytes(value));
        }

        return rig.Filled([.. bytes]);
    }
}
