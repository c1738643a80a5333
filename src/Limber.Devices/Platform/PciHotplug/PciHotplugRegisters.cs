using Limber.Devices.Platform.Hotplug;

namespace Limber.Devices.Platform.PciHotplug;

/// <summary>
/// The shared area of PCI hotplug, as <see cref="HotplugRegisters"/> draws it, with one group.
/// Slots 0 to 31 are the devices of the root bus by number; 32 + d is the slot of the PCIe port that is device d.
/// </summary>
internal static class PciHotplugRegisters
{
    public const uint SignatureValue = 0x5048504C; // "LPHP", little-endian
    public const uint VersionValue = 1;

    public const uint GuestOffset = 0x1000;

    public const int RootSlots = 32;
    public const int Slots = 64;
    public const uint AreaSize = 0x2000;
}
