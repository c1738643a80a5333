using Limber.Pci;

namespace Limber.Virtio.Pci;

/// <summary>What functions say they are; the classes are those that QEMU gives the same devices, which drivers of firmware know.</summary>
internal static class VirtioPciIdentity
{
    private const ushort Vendor = 0x1af4;
    private const ushort FirstModernDevice = 0x1040;

    // Any value from 0x40 up is right for a modern device (VIRTIO 1.2, 4.1.2.1); this one is QEMU's.
    private const ushort Subsystem = 0x1100;
    private const byte Revision = 1;

    public static PciIdentity Of(VirtioDeviceType type) =>
        new(Vendor, (ushort)(FirstModernDevice + (int)type), ClassOf(type), Revision, Vendor, Subsystem);

    private static uint ClassOf(VirtioDeviceType type) => type switch
    {
        VirtioDeviceType.Network => 0x020000,
        VirtioDeviceType.Block or VirtioDeviceType.Scsi => 0x010000,
        VirtioDeviceType.FileSystem => 0x018000,
        VirtioDeviceType.Console or VirtioDeviceType.Socket => 0x078000,
        VirtioDeviceType.Gpu => 0x038000,
        VirtioDeviceType.Input => 0x098000,
        _ => 0x00ff00,
    };
}
