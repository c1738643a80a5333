namespace Limber.Config.Devices;

/// <summary>A virtio socket device; a machine has at most one.</summary>
public sealed record VsockDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "virtio-vsock-pci";

    /// <summary>The guest's context id, 3..0xfffffffe.</summary>
    public required uint ContextId { get; init; }

    /// <summary>
    /// Unix socket on the host: host programs connect to it and say <c>CONNECT PORT</c>; connections of the guest to the host's
    /// port P arrive at the socket <c>PATH_P</c>.
    /// </summary>
    public required string Socket { get; init; }
}
