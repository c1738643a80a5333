namespace Limber.Config.Devices;

/// <summary>A PCI Express root port: a bus with one slot, into which a device is plugged natively. Cold only.</summary>
public sealed record RootPortConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "pcie-root-port";

    /// <summary>Port number in the link capabilities.</summary>
    public byte Port { get; init; }

    /// <summary>Chassis number of the slot.</summary>
    public byte Chassis { get; init; }

    /// <summary>Physical slot number the guest shows; unique in the chassis.</summary>
    public ushort SlotNumber { get; init; }

    /// <summary>Whether devices can be plugged in and out while the guest runs.</summary>
    public bool HotPlug { get; init; } = true;
}
