using System;
using System.Threading;

namespace Limber.Device.RateLimits;

/// <summary>
/// Limits bytes and operations over time, of a device or of whatever else must not come too fast. Who knows the size of a request
/// before it is done asks <see cref="TryTake"/>. Who learns it afterwards asks <see cref="Delay"/> before and tells
/// <see cref="Take"/> after; such a request may be larger than what is left, and delays the next ones.
/// </summary>
/// <remarks>Thread: any; the queues of a device share one limiter. Allocates nothing. Lock order: <see cref="gate"/> is a leaf.</remarks>
public sealed class RateLimiter
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly TimeProvider clock;
    private readonly long start;
    private readonly TokenBucket? bytes;
    private readonly TokenBucket? operations;

    /// <param name="bytes">Limit of bytes, or null.</param>
    /// <param name="operations">Limit of requests, or null.</param>
    /// <param name="clock">Time; null for the system's monotonic clock.</param>
    /// <exception cref="ArgumentException">A limit would let nothing pass.</exception>
    public RateLimiter(TokenBucketLimit? bytes, TokenBucketLimit? operations, TimeProvider? clock = null)
    {
        this.clock = clock ?? TimeProvider.System;
        start = this.clock.GetTimestamp();
        this.bytes = Create(bytes, "bytes");
        this.operations = Create(operations, "operations");
    }

    /// <summary>How long to wait before the next request, at most an hour; zero when it may be done now, whatever its size.</summary>
    public TimeSpan Delay()
    {
        lock (gate)
        {
            return TimeUntil(1);
        }
    }

    /// <summary>Takes what one request costs if both limits permit it now; otherwise takes nothing.</summary>
    /// <param name="length">Its bytes; 0 for one that moves no data. One that exceeds a bucket passes when the bucket is full.</param>
    /// <param name="wait">After a refusal: when to ask again, at most an hour. Another user of the limiter may be first then.</param>
    public bool TryTake(long length, out TimeSpan wait)
    {
        lock (gate)
        {
            wait = TimeUntil(length);
            if (wait != TimeSpan.Zero)
            {
                return false;
            }

            Spend(length);
            return true;
        }
    }

    /// <summary>One request was done, or has to be.</summary>
    /// <param name="length">Its bytes.</param>
    public void Take(long length)
    {
        lock (gate)
        {
            Spend(length);
        }
    }

    private TimeSpan TimeUntil(long length)
    {
        long now = clock.GetElapsedTime(start).Ticks;
        long ticks = Math.Max(bytes?.TimeUntil(length, now) ?? 0, operations?.TimeUntil(1, now) ?? 0);
        return TimeSpan.FromTicks(Math.Min(ticks, LongestWait.Ticks));
    }

    private void Spend(long length)
    {
        bytes?.Take(length);
        operations?.Take(1);
    }

    private static TokenBucket? Create(TokenBucketLimit? limit, string what)
    {
        if (limit is null)
        {
            return null;
        }

        return limit.Size > 0 && limit.OneTimeBurst >= 0 && limit.RefillTime > TimeSpan.Zero
            ? new TokenBucket(limit, now: 0)
            : throw new ArgumentException(
                $"a rate limit of {limit.Size} {what} in {limit.RefillTime.TotalMilliseconds} ms with a burst of {limit.OneTimeBurst} is not possible: size and time are more than 0");
    }
}
