namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>RateLimiterConfig</c>.</summary>
internal sealed record RateLimiterBody(TokenBucketBody? Bandwidth = null, TokenBucketBody? Ops = null);
