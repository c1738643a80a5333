namespace Limber.Config.Devices;

/// <summary>Limits of a device's traffic.</summary>
/// <param name="Bandwidth">Bytes, or null for no limit.</param>
/// <param name="Operations">Requests, or null for no limit.</param>
public sealed record RateLimiterConfig(TokenBucketConfig? Bandwidth, TokenBucketConfig? Operations);
