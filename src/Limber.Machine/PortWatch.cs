using System;
using System.Threading;
using System.Threading.Tasks;

namespace Limber.Machine;

/// <summary>
/// Reports that the guest opened or closed a port: the first change at once, and after a report for a while only where the port
/// then stands, as a hostile guest opens and closes as fast as it can.
/// </summary>
/// <remarks>Lock order: <see cref="gate"/> is a leaf.</remarks>
internal sealed class PortWatch
{
    /// <summary>Least time between two reports, as QEMU has it for VSERPORT_CHANGE.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Func<bool> isOpen;
    private readonly TimeProvider time;
    private readonly Action<bool> report;
    private long? lastReport;
    private bool isScheduled;
    private bool reported;

    /// <param name="isOpen">Tells whether the guest has the port open. Any thread.</param>
    /// <param name="time">Measures the interval.</param>
    /// <param name="report">Is called on a pool thread, never twice at a time.</param>
    public PortWatch(Func<bool> isOpen, TimeProvider time, Action<bool> report)
    {
        this.isOpen = isOpen;
        this.time = time;
        this.report = report;
    }

    /// <summary>The port's state has changed. Thread: the device's loop, or the pool.</summary>
    public void OnChanged()
    {
        TimeSpan wait = TimeSpan.Zero;
        bool now = isOpen();
        lock (gate)
        {
            if (isScheduled)
            {
                return;
            }

            isScheduled = true;
            if (lastReport is { } last && Interval - time.GetElapsedTime(last) is { Ticks: > 0 } rest)
            {
                wait = rest;
            }
        }

        PoolWork.Run(() => ReportAsync(wait, now));
    }

    // A guest that opens and closes at once is reported as open all the same, if that is the first change.
    private async Task ReportAsync(TimeSpan wait, bool open)
    {
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time).ConfigureAwait(false);
            open = isOpen();
        }

        bool isNews;
        lock (gate)
        {
            isNews = open != reported;
            reported = open;
            lastReport = isNews ? time.GetTimestamp() : lastReport;
        }

        if (isNews)
        {
            report(open);
        }

        lock (gate)
        {
            isScheduled = false;
        }

        // A change meanwhile was not scheduled.
        if (isOpen() != open)
        {
            OnChanged();
        }
    }
}
