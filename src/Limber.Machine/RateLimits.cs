using System;
using Limber.Config.Devices;
using Limber.Device.RateLimits;

namespace Limber.Machine;

/// <summary>Makes rate limits from their configuration.</summary>
internal static class RateLimits
{
    /// <summary>A limiter, or null where nothing is limited.</summary>
    public static RateLimiter? Create(RateLimiterConfig? config) =>
        config is null or { Bandwidth: null, Operations: null } ? null : new RateLimiter(Limit(config.Bandwidth), Limit(config.Operations));

    private static TokenBucketLimit? Limit(TokenBucketConfig? bucket) => bucket is null
        ? null
        : new TokenBucketLimit(
            (long)Math.Min(bucket.Size, long.MaxValue),
            (long)Math.Min(bucket.OneTimeBurst, long.MaxValue),
            TimeSpan.FromMilliseconds(Math.Min(bucket.RefillMilliseconds, int.MaxValue)));
}
