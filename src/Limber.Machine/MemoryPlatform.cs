using System;
using System.Collections.Generic;
using Limber.Acpi;
using Limber.Boot;
using Limber.Config;
using Limber.Control;
using Limber.Device;
using Limber.Devices.Platform;
using Limber.Devices.Platform.MemoryHotplug;
using Limber.Memory;

namespace Limber.Machine;

/// <summary>Where memory may come while the guest runs, and how the guest hears of DIMMs.</summary>
/// <remarks>Guarded by the machine's control lock, but for what vCPU threads reach through the bus.</remarks>
internal sealed class MemoryPlatform
{
    // Guests add memory to themselves in blocks of up to 2 GiB, at multiples of their size.
    private const ulong AreaAlignment = 2UL << 30;
    private const ulong SlackPerSlot = 1UL << 30;

    // PCI's 64-bit memory begins at the next multiple of this.
    private const ulong DeviceRoom = 4UL << 30;

    private readonly Dictionary<int, (GuestRange Range, int Node)> present = [];

    /// <param name="config">Slots and sizes.</param>
    /// <param name="area">Where memory devices go; empty without memory hotplug.</param>
    /// <param name="shared">Memory, and where in it the area shared with the guest's ACPI is.</param>
    /// <param name="listeners">Who hears what the guest says, and who counts what it does wrong.</param>
    public MemoryPlatform(
        MemoryConfig config, GuestRange area, (GuestMemory Memory, GuestAddress Area) shared, (IGuestSignals Signals, IDeviceLog Log) listeners)
    {
        Area = area;
        if (config.Slots != 0 && area.Length != 0)
        {
            Hotplug = new MemoryHotplugController(
                config.Slots, shared.Memory, shared.Area, PlatformPorts.MemoryHotplugDoorbell, listeners.Signals, listeners.Log)
            {
                TellsNodes = true,
            };
        }
    }

    /// <summary>Where memory devices go.</summary>
    public GuestRange Area { get; }

    /// <summary>Shows DIMMs to the guest; null without DIMM slots.</summary>
    public MemoryHotplugController? Hotplug { get; }

    /// <summary>What the guest's ACPI is told, if anything.</summary>
    public IReadOnlyList<IAmlContributor> AmlContributors => Hotplug is null ? [] : [Hotplug];

    /// <summary>Path of the method that announces changes, if there are slots.</summary>
    public IReadOnlyList<string> ScanMethods => Hotplug is null ? [] : [MemoryHotplugController.ScanMethod];

    /// <summary>
    /// The area for memory devices: behind all RAM, with room for the gaps that DIMMs of different sizes leave (as much again at most).
    /// </summary>
    /// <exception cref="VmException">The configuration is impossible, or the area is beyond what processors can address.</exception>
    public static GuestRange PlaceArea(MemoryLayout layout, MemoryConfig config, int physicalBits)
    {
        if (config.Slots is < 0 or > MemoryConfig.MaxSlots)
        {
            throw new VmException(VmErrorCode.Failed, $"unsupported amount of memory slots: {config.Slots} (0 to {MemoryConfig.MaxSlots})");
        }

        GuestAddress ramEnd = GetRamEnd(layout);
        if (config.HotplugSize == 0)
        {
            return new GuestRange(ramEnd, 0);
        }

        GuestAddress start = ramEnd.AlignUp(AreaAlignment);
        ulong limit = ulong.Min(1UL << physicalBits, PlatformMap.PciMemory64Limit) - DeviceRoom;
        ulong slack = ulong.Min(config.HotplugSize, (ulong)config.Slots * SlackPerSlot);
        if (start.Value >= limit || config.HotplugSize > limit - start.Value || slack > limit - start.Value - config.HotplugSize)
        {
            throw new VmException(
                VmErrorCode.Failed,
                $"maximum memory size 0x{config.MaximumSize:x} with {config.Slots} slots needs addresses beyond 0x{limit:x}: behind them are those of devices, within the {physicalBits} bits of the processors");
        }

        return new GuestRange(start, config.HotplugSize + slack);
    }

    /// <summary>Notes that a slot has a DIMM; for the next start of the guest.</summary>
    public void SetPresent(int slot, GuestRange range, int node)
    {
        present[slot] = (range, node);
        Hotplug!.Describe(slot, range, node);
    }

    /// <summary>Notes that a slot no longer has a DIMM.</summary>
    public void SetAbsent(int slot) => present.Remove(slot);

    /// <summary>Shows the guest what there is. No vCPU runs.</summary>
    public void Prepare()
    {
        if (Hotplug is null)
        {
            return;
        }

        foreach ((int slot, (GuestRange range, int node)) in present)
        {
            Hotplug.Describe(slot, range, node);
        }

        Hotplug.Reset(present.Keys);
    }

    private static GuestAddress GetRamEnd(MemoryLayout layout) =>
        layout.High.Length == 0 ? new GuestAddress(MemoryLayout.HighStart) : layout.High.End;
}
