namespace Limber.Config.Devices;

/// <summary>One PCI device of a machine, as data; the same at the command line and hot.</summary>
public abstract record DeviceConfig
{
    private protected DeviceConfig() { }

    /// <summary>The user's id, unique among all devices and processors; null for none.</summary>
    public string? Id { get; init; }

    /// <summary>Name of the bus: <c>pcie.0</c> is the root bus, others are root ports by their id; null lets the machine choose the root bus.</summary>
    public string? Bus { get; init; }

    /// <summary>Device number on the bus, 0..31; null for the lowest free one.</summary>
    public int? Slot { get; init; }

    /// <summary>What a virtio device offers its driver; no effect on others.</summary>
    public RingConfig Rings { get; init; } = RingConfig.Default;

    /// <summary>What kind of device it is, in QEMU's words, such as <c>virtio-blk-pci</c>.</summary>
    public abstract string Driver { get; }
}
