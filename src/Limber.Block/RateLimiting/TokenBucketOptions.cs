using System;

namespace Limber.Block.RateLimiting;

/// <summary>One limit, as Cloud Hypervisor's and Firecracker's configurations give it.</summary>
/// <param name="Size">Tokens the bucket holds, and gets back within <paramref name="RefillTime"/>. 0 is no limit.</param>
/// <param name="OneTimeBurst">Tokens that may be used once, before the bucket's own.</param>
/// <param name="RefillTime">From empty to full. Zero is no limit.</param>
public sealed record TokenBucketOptions(ulong Size, ulong OneTimeBurst, TimeSpan RefillTime);
