namespace Limber.Rest.Json.Devices;

/// <summary>Spec: <c>DeviceConfig</c>.</summary>
internal sealed record HostDeviceBody : DeviceBody
{
    public string? Path { get; init; }
}
