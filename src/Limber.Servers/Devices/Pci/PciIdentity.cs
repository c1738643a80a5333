using Limber.Config.Devices;

namespace Limber.Servers.Devices.Pci;

/// <summary>What a device shows in its configuration space (VIRTIO 1.3 4.1.2 and 5: a modern device has id 0x1040 plus its type).</summary>
/// <param name="Class">Base class and subclass.</param>
/// <param name="Description">Of the class, in words; null where QEMU shows the number only.</param>
/// <param name="Vendor">Vendor id.</param>
/// <param name="Device">Device id.</param>
internal sealed record PciIdentity(ushort Class, string? Description, ushort Vendor, ushort Device)
{
    private const ushort VirtioVendor = 0x1af4;
    private const ushort RedHatVendor = 0x1b36;

    /// <summary>Null for a device of the host, which shows its own.</summary>
    public static PciIdentity? Of(DeviceConfig config) => config switch
    {
        NetDeviceConfig => Virtio(1, 0x0200, "Ethernet controller"),
        DiskDeviceConfig => Virtio(2, 0x0100, "SCSI controller"),
        ConsoleDeviceConfig => Virtio(3, 0x0780, "Communication controller"),
        RngDeviceConfig => Virtio(4, 0x00ff, null),
        BalloonDeviceConfig => Virtio(5, 0x00ff, null),
        VsockDeviceConfig => Virtio(19, 0x0780, "Communication controller"),
        VirtioMemDeviceConfig => Virtio(24, 0x00ff, null),
        FsDeviceConfig => Virtio(26, 0x0180, "Storage controller"),
        PmemDeviceConfig => Virtio(27, 0x00ff, null),
        RootPortConfig => new(0x0604, "PCI bridge", RedHatVendor, 0x000c),
        _ => null,
    };

    private static PciIdentity Virtio(ushort type, ushort @class, string? description) => new(@class, description, VirtioVendor, (ushort)(0x1040 + type));
}
