using System.Text.Json.Serialization;

namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>TokenBucket</c>; the refill time is in milliseconds.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record TokenBucketBody(ulong Size, ulong? OneTimeBurst = null, ulong RefillTime = 0);
