using System;
using System.Threading;
using System.Threading.Tasks;
using Limber.VirtioConsole;

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
    private readonly ConsolePort port;
    private readonly TimeProvider time;
    private readonly Action<bool> report;
    private long? lastReport;
    private bool isScheduled;
    private bool reported;

    /// <param name="port">The port.</param>
    /// <param name="time">Measures the interval.</param>
    /// <param name="report">Is called on a pool thread, never twice at a time.</param>
    public PortWatch(ConsolePort port, TimeProvider time, Action<bool> report)
    {
        this.port = port;
        this.time = time;
        this.report = report;
    }

    /// <summary>The port's state has changed. Thread: the device's loop.</summary>
    public void OnChanged(ConsolePort changed)
    {
        TimeSpan wait = TimeSpan.Zero;
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

        _ = Task.Run(() => ReportAsync(wait));
    }

    private async Task ReportAsync(TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time).ConfigureAwait(false);
        }

        bool open;
        lock (gate)
        {
            open = port.IsGuestOpen;
            lastReport = time.GetTimestamp();
            if (open == reported)
            {
                isScheduled = false;
                return;
            }

            reported = open;
        }

        report(open);
        lock (gate)
        {
            isScheduled = false;
        }

        // A change during the report was not scheduled.
        if (port.IsGuestOpen != open)
        {
            OnChanged(port);
        }
    }
}
