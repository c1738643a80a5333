using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Interop;

namespace Limber.Device.Loop;

/// <content>What the thread does.</content>
public sealed unsafe partial class DeviceLoop
{
    private const int EventsAtOnce = 64;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static void Report(ILoopOwner? owner, Exception fault)
    {
        try
        {
            owner?.OnLoopFault(fault);
        }
        catch (Exception)
        {
            // The owner's last resort failed as well; the loop still serves the others.
        }
    }

    private void Run()
    {
        HostThread.SetCurrentName(Name);
        EpollEvent* events = stackalloc EpollEvent[EventsAtOnce];
        while (!Volatile.Read(ref stopping))
        {
            int found = Wait(events);
            for (int i = 0; i < found; i++)
            {
                Dispatch(events[i].data, unchecked((LoopEvents)events[i].events));
            }

            if (found < 0)
            {
                RunInterrupted();
            }

            RunTimers();
            RunPosted();
            RunTasks();
        }

        RunPosted();
        Volatile.Write(ref ended, true);
    }

    private int Wait(EpollEvent* events)
    {
        long ticks = tasks.Count != 0 ? 0 : timers.TicksToNext(Stopwatch.GetTimestamp());
        if (ticks > 0 && waitsFinely)
        {
            (long seconds, long rest) = Math.DivRem(ticks, Stopwatch.Frequency);
            var timeout = new TimeSpec { Seconds = seconds, Nanoseconds = RoundUp(rest * NanosecondsPerSecond, Stopwatch.Frequency) };
            int found = Libc.epoll_pwait2(epoll, events, EventsAtOnce, &timeout);
            if (found >= 0 || Marshal.GetLastPInvokeError() == ErrorNumber.EINTR)
            {
                return found;
            }

            // Before Linux 5.11, or in a sandbox that was made before.
            waitsFinely = false;
        }

        long milliseconds = ticks <= 0 ? ticks : RoundUp(ticks, Stopwatch.Frequency / 1000);
        return Libc.epoll_wait(epoll, events, EventsAtOnce, (int)Math.Min(milliseconds, int.MaxValue));
    }

    // So that a wait never ends just before the deadline.
    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit;

    private void Dispatch(ulong key, LoopEvents events)
    {
        // Key 0 is the loop's own wake-up, which only counts up.
        if (sources.TryGetValue(key, out LoopSource? source))
        {
            Dispatch(source, events);
        }
    }

    private void RunInterrupted()
    {
        // The list is replaced, never changed, when a callback adds or removes one; who is gone is not called.
        foreach (LoopSource source in interruptible)
        {
            if (sources.ContainsKey(source.Key))
            {
                Dispatch(source, LoopEvents.None);
            }
        }
    }

    private static void Dispatch(LoopSource source, LoopEvents events)
    {
        try
        {
            source.Dispatch(events);
        }
        catch (Exception fault)
        {
            Report(source.Owner, fault);
        }
    }

    private void RunTimers()
    {
        if (!timers.Any)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        while (timers.TakeDue(now) is { } timer)
        {
            try
            {
                timer.Fire();
            }
            catch (Exception fault)
            {
                Report(timer.Owner, fault);
            }
        }
    }

    private void RunPosted()
    {
        lock (postLock)
        {
            (posted, running) = (running, posted);
        }

        foreach ((Action action, ILoopOwner? owner) in running)
        {
            try
            {
                action();
            }
            catch (Exception fault)
            {
                Report(owner, fault);
            }
        }

        running.Clear();
    }

    private void RunTasks()
    {
        (tasks, runningTasks) = (runningTasks, tasks);
        foreach (LoopTask task in runningTasks)
        {
            try
            {
                task.Run();
            }
            catch (Exception fault)
            {
                Report(task.Owner, fault);
            }
        }

        runningTasks.Clear();
    }
}
