using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Limber.Servers.Tests.Support;

/// <summary>Time that passes when the test says so. Thread: the test's.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly List<Timer> timers = [];
    private TimeSpan now;

    /// <summary>Timers that are to ring.</summary>
    public int Armed => timers.Count(static timer => timer.Due is not null);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        now += time;
        foreach (Timer timer in timers.Where(timer => timer.Due <= now).ToArray())
        {
            timer.Ring();
        }
    }

    private sealed class Timer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = time.now + dueTime;
            return true;
        }

        public void Ring()
        {
            Due = null;
            callback(state);
        }

        public void Dispose()
        {
            Due = null;
            time.timers.Remove(this);
        }

        public System.Threading.Tasks.ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
