using System;

namespace Limber.Device.RateLimits;

/// <summary>A limit of bytes or operations, as Cloud Hypervisor's and Firecracker's configurations give it.</summary>
/// <param name="Size">Most that can be saved up, at least 1.</param>
/// <param name="OneTimeBurst">Given once at the start, beyond the size; used first.</param>
/// <param name="RefillTime">Time in which an empty bucket becomes full, more than zero.</param>
public sealed record TokenBucketLimit(long Size, long OneTimeBurst, TimeSpan RefillTime);
