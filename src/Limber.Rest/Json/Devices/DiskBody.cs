namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>DiskConfig</c>.</summary>
internal sealed record DiskBody : DeviceBody
{
    public string? Path { get; init; }

    public bool? Readonly { get; init; }

    public bool? Direct { get; init; }

    public int? NumQueues { get; init; }

    public int? QueueSize { get; init; }

    public bool? VhostUser { get; init; }

    public string? VhostSocket { get; init; }

    public RateLimiterBody? RateLimiterConfig { get; init; }

    public string? RateLimitGroup { get; init; }

    public string? Serial { get; init; }

    public bool? BackingFiles { get; init; }

    public bool? Sparse { get; init; }

    public string? ImageType { get; init; }
}
