using System;
using System.Threading;

namespace Limber.VirtioDevices.RateLimits;

/// <summary>
/// Limits the bytes and the operations of a device over time. A device asks <see cref="Delay"/> before each request, does it when
/// the answer is zero and tells <see cref="Take"/> how large it was; otherwise it starts a timer.
/// </summary>
/// <remarks>Thread: any; the queues of a device share one limiter. Allocates nothing. Lock order: <see cref="gate"/> is a leaf.</remarks>
public sealed class RateLimiter
{
    private readonly Lock gate = new();
    private readonly TimeProvider clock;
    private readonly TokenBucket? bytes;
    private readonly TokenBucket? operations;

    /// <param name="bytes">Limit of bytes, or null.</param>
    /// <param name="operations">Limit of requests, or null.</param>
    /// <param name="clock">Time; null for the system's monotonic clock.</param>
    /// <exception cref="ArgumentException">A limit would let nothing pass.</exception>
    public RateLimiter(TokenBucketLimit? bytes, TokenBucketLimit? operations, TimeProvider? clock = null)
    {
        this.clock = clock ?? TimeProvider.System;
        this.bytes = Create(bytes, "bytes");
        this.operations = Create(operations, "operations");
    }

    /// <summary>How long to wait before the next request; zero when it may be done now.</summary>
    public TimeSpan Delay()
    {
        lock (gate)
        {
            long now = clock.GetTimestamp();
            long ticks = Math.Max(bytes?.Delay(now) ?? 0, operations?.Delay(now) ?? 0);
            return ticks == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min((double)ticks / clock.TimestampFrequency, 3600));
        }
    }

    /// <summary>One request was done.</summary>
    /// <param name="length">Its bytes.</param>
    public void Take(long length)
    {
        lock (gate)
        {
            bytes?.Take(length);
            operations?.Take(1);
        }
    }

    private TokenBucket? Create(TokenBucketLimit? limit, string what)
    {
        if (limit is null)
        {
            return null;
        }

        return limit.Size > 0 && limit.OneTimeBurst >= 0 && limit.RefillTime > TimeSpan.Zero
            ? new TokenBucket(limit, clock.GetTimestamp(), clock.TimestampFrequency)
            : throw new ArgumentException(
                $"a rate limit of {limit.Size} {what} in {limit.RefillTime.TotalMilliseconds} ms with a burst of {limit.OneTimeBurst} is not possible: size and time are more than 0");
    }
}
