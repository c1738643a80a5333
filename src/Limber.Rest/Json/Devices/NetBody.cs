namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>NetConfig</c>.</summary>
internal sealed record NetBody : DeviceBody
{
    public string? Tap { get; init; }

    public string? Ip { get; init; }

    public string? Mask { get; init; }

    public string? Mac { get; init; }

    public string? HostMac { get; init; }

    public int? Mtu { get; init; }

    public int? NumQueues { get; init; }

    public int? QueueSize { get; init; }

    public bool? VhostUser { get; init; }

    public string? VhostSocket { get; init; }

    public string? VhostMode { get; init; }

    public int[]? Fds { get; init; }

    public RateLimiterBody? RateLimiterConfig { get; init; }

    public bool? OffloadTso { get; init; }

    public bool? OffloadUfo { get; init; }

    public bool? OffloadCsum { get; init; }
}
