namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>VsockConfig</c>.</summary>
internal sealed record VsockBody : DeviceBody
{
    public uint? Cid { get; init; }

    public string? Socket { get; init; }
}
