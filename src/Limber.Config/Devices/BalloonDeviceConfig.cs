namespace Limber.Config.Devices;

/// <summary>A virtio memory balloon; a machine has at most one.</summary>
public sealed record BalloonDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "virtio-balloon-pci";

    /// <summary>Bytes the guest is asked for at the start.</summary>
    public ulong Size { get; init; }

    /// <summary>The guest may take pages back when it runs out of memory.</summary>
    public bool DeflateOnOom { get; init; }

    /// <summary>The guest reports free pages, which go back to the host.</summary>
    public bool FreePageReporting { get; init; }
}
