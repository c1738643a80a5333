using System;
using System.Collections.Generic;
using System.Threading;
using Limber.GuestAgent.Tests;

namespace Limber.Machine.Tests;

public sealed class PortWatchTests
{
    private readonly Lock gate = new();
    private readonly JumpingTime time = new();
    private readonly List<bool> reports = [];
    private readonly PortWatch watch;
    private bool open;

    public PortWatchTests() => watch = new PortWatch(() => Volatile.Read(ref open), time, Report);

    [Fact]
    public void FirstChange_IsReportedAtOnce()
    {
        Set(true);
        WaitFor(true);
        Assert.Equal(0, time.GetTimestamp());
    }

    [Fact]
    public void ShortOpening_IsReportedAllTheSame()
    {
        Set(true);
        Set(false);
        WaitFor(false);
        lock (gate)
        {
            Assert.Equal([true, false], reports);
        }
    }

    [Fact]
    public void Flood_IsReportedAtMostOnceASecond_AndEndsWithTheTruth()
    {
        for (int i = 0; i < 100_000; i++)
        {
            Set(i % 2 == 0);
        }

        Set(true);
        WaitFor(true);
        Set(false);
        WaitFor(false);
        lock (gate)
        {
            Assert.InRange(reports.Count, 2, 1 + (time.GetTimestamp() / TimeSpan.TicksPerSecond));
            for (int i = 1; i < reports.Count; i++)
            {
                Assert.NotEqual(reports[i - 1], reports[i]);
            }
        }
    }

    private void Set(bool value)
    {
        Volatile.Write(ref open, value);
        watch.OnChanged();
    }

    private void Report(bool value)
    {
        lock (gate)
        {
            reports.Add(value);
        }
    }

    private void WaitFor(bool last) => Assert.True(
        SpinWait.SpinUntil(
            () =>
            {
                lock (gate)
                {
                    return reports.Count > 0 && reports[^1] == last;
                }
            },
            TimeSpan.FromSeconds(20)));
}
