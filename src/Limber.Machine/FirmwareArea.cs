using Limber.Boot;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.Ged;
using Limber.Devices.Platform.MemoryHotplug;
using Limber.Devices.Platform.PciHotplug;
using Limber.Memory;

namespace Limber.Machine;

/// <summary>
/// The top of low RAM, which the guest's memory map gives to the platform: the pages that devices share with the guest's ACPI
/// code, and below them the ACPI tables.
/// </summary>
internal sealed record FirmwareArea(GuestRange Tables, GuestRange Events, GuestRange PciHotplug, GuestRange MemoryHotplug, GuestRange CpuHotplug)
{
    private const ulong FixedTableBytes = 48 * 1024;
    private const ulong TableBytesPerProcessor = 512;
    private const ulong TableBytesPerDimmSlot = 384;
    private const ulong Alignment = 64 * 1024;

    /// <summary>Reserves enough for a number of possible processors.</summary>
    /// <param name="layout">The guest's RAM.</param>
    /// <param name="processors">Number of possible processors.</param>
    /// <param name="fixedTableBytes">Room for tables whose size has nothing to do with that number.</param>
    /// <param name="dimmSlots">Number of DIMM slots.</param>
    public static FirmwareArea Place(MemoryLayout layout, int processors, ulong fixedTableBytes = 0, int dimmSlots = 0)
    {
        ulong hotplugSize = CpuHotplugController.GetAreaSize(processors);
        ulong dimmSize = dimmSlots == 0 ? 0 : MemoryHotplugController.GetAreaSize(dimmSlots);
        ulong shared = hotplugSize + dimmSize + GenericEventDevice.AreaSize + PciHotplugController.AreaSize;
        ulong tables = FixedTableBytes + fixedTableBytes
            + (TableBytesPerProcessor * (ulong)processors) + (TableBytesPerDimmSlot * (ulong)dimmSlots);
        GuestAddress start = new GuestAddress(layout.Low.End.Value - shared - tables).AlignDown(Alignment);
        GuestAddress events = new(layout.Low.End.Value - shared);
        GuestAddress pci = events + GenericEventDevice.AreaSize;
        GuestAddress dimms = pci + PciHotplugController.AreaSize;
        GuestAddress hotplug = dimms + dimmSize;
        return new FirmwareArea(
            GuestRange.Between(start, events),
            new GuestRange(events, GenericEventDevice.AreaSize),
            new GuestRange(pci, PciHotplugController.AreaSize),
            new GuestRange(dimms, dimmSize),
            new GuestRange(hotplug, hotplugSize));
    }
}
