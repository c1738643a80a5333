using System;
using System.Diagnostics;

namespace Limber.TestKit;

/// <summary>A point in time by which something must have happened.</summary>
public readonly struct Deadline
{
    private readonly long start;
    private readonly TimeSpan limit;

    private Deadline(TimeSpan limit)
    {
        start = Stopwatch.GetTimestamp();
        this.limit = limit;
    }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(start);

    /// <summary>What is left; never negative.</summary>
    public TimeSpan Left => limit > Elapsed ? limit - Elapsed : TimeSpan.Zero;

    public bool HasPassed => Elapsed >= limit;

    /// <summary>How many times longer everything may take than on a host that has nothing else to do. Set once, at the start.</summary>
    public static int Patience { get; set; } = 1;

    public static Deadline In(double seconds) => new(TimeSpan.FromSeconds(seconds * Patience));
}
