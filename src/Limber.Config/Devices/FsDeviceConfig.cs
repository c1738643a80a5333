namespace Limber.Config.Devices;

/// <summary>A shared directory served by a vhost-user back end such as <c>virtiofsd</c>. Needs shared guest memory.</summary>
public sealed record FsDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "vhost-user-fs-pci";

    /// <summary>The name the guest mounts it by; 1..36 bytes.</summary>
    public required string Tag { get; init; }

    /// <summary>The back end's Unix socket.</summary>
    public required string Socket { get; init; }

    /// <summary>Request queues.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>Descriptors a queue, a power of two.</summary>
    public int QueueSize { get; init; } = 1024;
}
