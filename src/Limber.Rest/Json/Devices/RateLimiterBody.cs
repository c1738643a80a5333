using System.Text.Json.Serialization;

namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>RateLimiterConfig</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RateLimiterBody(TokenBucketBody? Bandwidth = null, TokenBucketBody? Ops = null);
