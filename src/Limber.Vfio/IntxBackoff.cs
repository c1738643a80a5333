using System;
using System.Diagnostics;

namespace Limber.Vfio;

/// <summary>
/// How long a pin's interrupt stays asserted before the VMM looks whether the function still asserts it: a millisecond,
/// and twice as long each time that it does, up to a limit.
/// </summary>
/// <remarks>Times are ticks of <see cref="Stopwatch"/>.</remarks>
internal struct IntxBackoff
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(64);

    private TimeSpan delay;
    private long? lookedAt;

    /// <summary>An interrupt came.</summary>
    /// <returns>When to look.</returns>
    public TimeSpan OnInterrupt(long now)
    {
        bool still = lookedAt is { } looked && Stopwatch.GetElapsedTime(looked, now) < Shortest;
        delay = still ? Min(delay * 2, Longest) : Shortest;
        return delay;
    }

    /// <summary>The time was over and the VMM lets the function interrupt again.</summary>
    public void OnLook(long now) => lookedAt = now;

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
