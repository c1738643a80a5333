using System;
using System.Collections.Generic;
using System.Diagnostics;

namespace Limber.Device.Loop;

/// <summary>The running timers of one loop; a loop has a handful, so a search through all of them is the fastest.</summary>
internal sealed class LoopTimers
{
    private readonly List<LoopTimer> running = [];

    public bool Any => running.Count != 0;

    public void Start(LoopTimer timer)
    {
        if (!timer.IsRunning)
        {
            timer.IsRunning = true;
            running.Add(timer);
        }
    }

    public void Stop(LoopTimer timer)
    {
        if (timer.IsRunning)
        {
            timer.IsRunning = false;
            running.Remove(timer);
        }
    }

    /// <summary>How long to wait, in ticks of <see cref="Stopwatch"/>; 0 when one is due, -1 when none runs.</summary>
    public long TicksToNext(long now)
    {
        if (running.Count == 0)
        {
            return -1;
        }

        long next = long.MaxValue;
        foreach (LoopTimer timer in running)
        {
            next = Math.Min(next, timer.Deadline);
        }

        return Math.Max(next - now, 0);
    }

    /// <summary>
    /// Stops and returns the one that is due longest. One that is started again in its callback has a later deadline than now.
    /// </summary>
    public LoopTimer? TakeDue(long now)
    {
        LoopTimer? earliest = null;
        foreach (LoopTimer timer in running)
        {
            if (timer.Deadline <= now && (earliest is null || timer.Deadline < earliest.Deadline))
            {
                earliest = timer;
            }
        }

        if (earliest is not null)
        {
            Stop(earliest);
        }

        return earliest;
    }
}
