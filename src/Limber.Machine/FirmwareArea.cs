using Limber.Boot;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.Ged;
using Limber.Devices.Platform.PciHotplug;
using Limber.Memory;

namespace Limber.Machine;

/// <summary>
/// The top of low RAM, which the guest's memory map gives to the platform: the pages that devices share with the guest's ACPI
/// code, and below them the ACPI tables.
/// </summary>
internal sealed record FirmwareArea(GuestRange Tables, GuestRange Events, GuestRange PciHotplug, GuestRange CpuHotplug)
{
    private const ulong FixedTableBytes = 48 * 1024;
    private const ulong TableBytesPerProcessor = 512;
    private const ulong Alignment = 64 * 1024;

    /// <summary>Reserves enough for a number of possible processors.</summary>
    /// <param name="layout">The guest's RAM.</param>
    /// <param name="processors">Number of possible processors.</param>
    /// <param name="fixedTableBytes">Room for tables whose size has nothing to do with that number.</param>
    public static FirmwareArea Place(MemoryLayout layout, int processors, ulong fixedTableBytes = 0)
    {
        ulong hotplugSize = CpuHotplugController.GetAreaSize(processors);
        ulong shared = hotplugSize + GenericEventDevice.AreaSize + PciHotplugController.AreaSize;
        ulong tables = FixedTableBytes + fixedTableBytes + (TableBytesPerProcessor * (ulong)processors);
        GuestAddress start = new GuestAddress(layout.Low.End.Value - shared - tables).AlignDown(Alignment);
        GuestAddress events = new(layout.Low.End.Value - shared);
        GuestAddress pci = events + GenericEventDevice.AreaSize;
        GuestAddress hotplug = pci + PciHotplugController.AreaSize;
        return new FirmwareArea(
            GuestRange.Between(start, events),
            new GuestRange(events, GenericEventDevice.AreaSize),
            new GuestRange(pci, PciHotplugController.AreaSize),
            new GuestRange(hotplug, hotplugSize));
    }
}
