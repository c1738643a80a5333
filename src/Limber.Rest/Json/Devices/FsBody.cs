namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>FsConfig</c>.</summary>
internal sealed record FsBody : DeviceBody
{
    public string? Tag { get; init; }

    public string? Socket { get; init; }

    public int? NumQueues { get; init; }

    public int? QueueSize { get; init; }
}
