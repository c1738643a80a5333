using System;
using System.Diagnostics;

namespace Limber.Device.Loop;

/// <summary>A one-shot timer of a <see cref="DeviceLoop"/>, on the monotonic clock, never early; in whole milliseconds before Linux 5.11.</summary>
/// <remarks>Thread: the loop's. Starting and stopping allocate nothing once the loop has seen as many timers run at a time.</remarks>
public sealed class LoopTimer : IDisposable
{
    private readonly DeviceLoop loop;
    private readonly Action elapsed;

    internal LoopTimer(DeviceLoop loop, Action elapsed, ILoopOwner owner)
    {
        this.loop = loop;
        this.elapsed = elapsed;
        Owner = owner;
    }

    /// <summary>True from <see cref="Start"/> until the callback begins, or <see cref="Stop"/>.</summary>
    public bool IsRunning { get; internal set; }

    internal ILoopOwner Owner { get; }

    /// <summary>In ticks of <see cref="Stopwatch"/>.</summary>
    internal long Deadline { get; private set; }

    /// <summary>Calls back once after this time; a timer that runs is moved. A periodic user starts it again in the callback.</summary>
    public void Start(TimeSpan due)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        Deadline = Stopwatch.GetTimestamp() + (long)(due.TotalSeconds * Stopwatch.Frequency);
        loop.StartTimer(this);
    }

    /// <summary>Does not call back any more.</summary>
    public void Stop() => loop.StopTimer(this);

    /// <inheritdoc/>
    public void Dispose() => Stop();

    internal void Fire() => elapsed();
}
