using System;

namespace Limber.Block.RateLimiting;

/// <summary>Limits bytes and operations a second of a device, or of a group of devices that share it.</summary>
/// <remarks>Thread: any. Allocates nothing after construction.</remarks>
public sealed class RateLimiter
{
    private readonly object gate = new();
    private readonly TimeProvider clock;
    private readonly TokenBucket? bandwidth;
    private readonly TokenBucket? operations;
    private readonly long start;

    /// <param name="bandwidth">Bytes; null is no limit.</param>
    /// <param name="operations">Requests; null is no limit.</param>
    /// <param name="clock">Null for the system's.</param>
    public RateLimiter(TokenBucketOptions? bandwidth, TokenBucketOptions? operations, TimeProvider? clock = null)
    {
        this.clock = clock ?? TimeProvider.System;
        start = this.clock.GetTimestamp();
        this.bandwidth = bandwidth is null ? null : new TokenBucket(bandwidth, 0);
        this.operations = operations is null ? null : new TokenBucket(operations, 0);
    }

    /// <summary>Takes what one request of so many bytes costs, if both limits permit it now; otherwise takes nothing.</summary>
    /// <param name="bytes">0 for requests that move no data.</param>
    /// <param name="wait">After a refusal: when to try again. Another user of the limiter may be first.</param>
    public bool TryTake(ulong bytes, out TimeSpan wait)
    {
        lock (gate)
        {
            long now = clock.GetElapsedTime(start).Ticks;
            long delay = Math.Max(bandwidth?.TimeUntil(bytes, now) ?? 0, operations?.TimeUntil(1, now) ?? 0);
            if (delay > 0)
            {
                wait = TimeSpan.FromTicks(delay);
                return false;
            }

            bandwidth?.Take(bytes);
            operations?.Take(1);
            wait = TimeSpan.Zero;
            return true;
        }
    }
}
