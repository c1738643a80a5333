using System;

namespace Limber.Machine;

/// <summary>Lets a limited number of things pass a second, with a burst. Not synchronized.</summary>
internal sealed class TokenBucket
{
    private readonly TimeProvider time;
    private readonly double capacity;
    private readonly double perSecond;
    private double tokens;
    private long last;

    public TokenBucket(TimeProvider time, double capacity, double perSecond)
    {
        this.time = time;
        this.capacity = capacity;
        this.perSecond = perSecond;
        tokens = capacity;
        last = time.GetTimestamp();
    }

    /// <summary>Takes one token; false when there is none.</summary>
    public bool TryTake()
    {
        long now = time.GetTimestamp();
        tokens = Math.Min(capacity, tokens + (time.GetElapsedTime(last, now).TotalSeconds * perSecond));
        last = now;
        if (tokens < 1)
        {
            return false;
        }

        tokens -= 1;
        return true;
    }
}
