using System;

namespace Limber.Device.RateLimits;

/// <summary>
/// A budget that fills steadily. What is spent may exceed what is there, which then delays what follows, so that requests of any
/// size pass and the average holds.
/// </summary>
/// <remarks>Time is in ticks of 100 ns of a clock that never goes back. Thread: one at a time; <see cref="RateLimiter"/> sees to that.</remarks>
internal sealed class TokenBucket
{
    // With it, and a size of 63 bits at most, the products below fit 128 bits.
    private const long DeepestDebt = long.MinValue / 2;

    private readonly long size;
    private readonly long refill;
    private long tokens;
    private long burst;
    private long updated;

    /// <param name="limit">Its measures, all of them possible.</param>
    /// <param name="now">The time.</param>
    public TokenBucket(TokenBucketLimit limit, long now)
    {
        size = limit.Size;
        refill = limit.RefillTime.Ticks;
        tokens = size;
        burst = limit.OneTimeBurst;
        updated = now;
    }

    /// <summary>Ticks until so much can be spent without debts, or until the bucket is full when it can't hold that much; 0 for now.</summary>
    public long TimeUntil(long amount, long now)
    {
        if (amount <= burst)
        {
            return 0;
        }

        Refill(now);
        long needed = Math.Min(amount - burst, size);
        if (needed <= tokens)
        {
            return 0;
        }

        // What has already flowed in towards the next token shortens the wait.
        Int128 wait = ((((Int128)needed - tokens) * refill) + size - 1) / size;
        return (long)Int128.Clamp(wait - (now - updated), 1, long.MaxValue);
    }

    /// <summary>Spends, perhaps more than is there.</summary>
    public void Take(long amount)
    {
        long fromBurst = Math.Min(burst, amount);
        burst -= fromBurst;
        tokens = (long)Int128.Max((Int128)tokens - (amount - fromBurst), DeepestDebt);
    }

    private void Refill(long now)
    {
        long elapsed = Math.Max(0, now - updated);
        Int128 earned = (Int128)elapsed * size / refill;
        if (tokens + earned >= size)
        {
            tokens = size;
            updated = now;
        }
        else if (earned > 0)
        {
            // Only the time that the whole tokens took is used up; the rest counts for the next one.
            tokens += (long)earned;
            updated += (long)(earned * refill / size);
        }
    }
}
