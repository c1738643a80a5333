using System;

namespace Limber.Block.RateLimiting;

/// <summary>A bucket that fills at a steady rate. Time is given by the caller, in ticks of any clock that never goes back.</summary>
/// <remarks>
/// A request for more than the bucket holds is let through when it is full and paid for afterwards: the bucket then holds less
/// than nothing, so the rate is kept and large requests are not refused for ever. Thread: one at a time.
/// </remarks>
internal sealed class TokenBucket
{
    private readonly long size;
    private readonly long refill;
    private long tokens;
    private ulong burst;
    private long last;

    /// <param name="now">Ticks of 100 ns.</param>
    public TokenBucket(TokenBucketOptions options, long now)
    {
        size = (long)Math.Min(options.Size, long.MaxValue / 2);
        refill = Math.Max(0, options.RefillTime.Ticks);
        tokens = size;
        burst = options.OneTimeBurst;
        last = now;
    }

    private bool IsUnlimited => size == 0 || refill == 0;

    /// <summary>How long it takes until so many tokens can be taken; 0 is now.</summary>
    /// <returns>Ticks of 100 ns.</returns>
    public long TimeUntil(ulong count, long now)
    {
        if (IsUnlimited || count <= burst)
        {
            return 0;
        }

        Fill(now);
        long needed = (long)Math.Min(count - burst, (ulong)size);
        if (needed <= tokens)
        {
            return 0;
        }

        // What has already flowed in towards the next token shortens the wait.
        Int128 wait = (((Int128)needed - tokens) * refill + size - 1) / size;
        return (long)Int128.Clamp(wait - (now - last), 1, long.MaxValue);
    }

    /// <summary>Takes tokens for which <see cref="TimeUntil"/> said 0.</summary>
    public void Take(ulong count)
    {
        ulong once = Math.Min(count, burst);
        burst -= once;
        if (!IsUnlimited)
        {
            tokens = (long)Int128.Max((Int128)tokens - (count - once), long.MinValue / 2);
        }
    }

    private void Fill(long now)
    {
        long elapsed = Math.Max(0, now - last);
        Int128 gained = (Int128)elapsed * size / refill;
        if (tokens + gained >= size)
        {
            tokens = size;
            last = now;
        }
        else if (gained > 0)
        {
            // Time that was not enough for a whole token counts next time.
            tokens += (long)gained;
            last += (long)(gained * refill / size);
        }
    }
}
