using System;

namespace Limber.VirtioDevices.RateLimits;

/// <summary>
/// A budget that fills steadily: what is spent may exceed what is there by one request, which then delays the next ones, so that
/// requests of any size pass and the average holds.
/// </summary>
/// <remarks>Thread: one at a time; <see cref="RateLimiter"/> sees to that.</remarks>
internal sealed class TokenBucket
{
    private readonly long size;
    private readonly long refillTicks;
    private long tokens;
    private long burst;
    private long updated;

    /// <param name="limit">Its measures.</param>
    /// <param name="now">Ticks of a clock that never goes back.</param>
    /// <param name="ticksPerSecond">Of that clock.</param>
    public TokenBucket(TokenBucketLimit limit, long now, long ticksPerSecond)
    {
        size = limit.Size;
        tokens = size;
        burst = limit.OneTimeBurst;
        refillTicks = Math.Max(1, (long)((Int128)limit.RefillTime.Ticks * ticksPerSecond / TimeSpan.TicksPerSecond));
        updated = now;
    }

    /// <summary>Ticks until something may be spent; 0 for now.</summary>
    public long Delay(long now)
    {
        Refill(now);
        if (tokens > 0 || burst > 0)
        {
            return 0;
        }

        return (long)Int128.Min((((1 - (Int128)tokens) * refillTicks) + size - 1) / size, long.MaxValue);
    }

    /// <summary>Spends, perhaps more than is there.</summary>
    public void Take(long amount)
    {
        long fromBurst = Math.Min(burst, amount);
        burst -= fromBurst;
        tokens -= amount - fromBurst;
    }

    private void Refill(long now)
    {
        Int128 earned = (Int128)(now - updated) * size / refillTicks;
        if (earned >= size - (Int128)tokens)
        {
            tokens = size;
            updated = now;
        }
        else if (earned > 0)
        {
            // Only the time that the whole tokens took is used up; the rest counts for the next one.
            tokens += (long)earned;
            updated += (long)(earned * refillTicks / size);
        }
    }
}
