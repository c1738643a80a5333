namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>PmemConfig</c>.</summary>
internal sealed record PmemBody : DeviceBody
{
    public string? File { get; init; }

    public ulong? Size { get; init; }

    public bool? DiscardWrites { get; init; }
}
