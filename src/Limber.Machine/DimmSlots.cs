using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;

namespace Limber.Machine;

/// <summary>Who has which DIMM slot, from the reservation until nothing of the DIMM is left; and what a DIMM must be like to get one.</summary>
/// <remarks>Thread: with the control lock held.</remarks>
internal sealed class DimmSlots
{
    private readonly MachinePlatform platform;
    private readonly List<DimmState> dimms = [];
    private long plugCount;

    /// <param name="platform">The machine below its devices.</param>
    public DimmSlots(MachinePlatform platform) => this.platform = platform;

    /// <summary>All, also those that are still being made or taken apart.</summary>
    public IReadOnlyList<DimmState> All => [.. dimms];

    /// <summary>DIMMs that the guest can have, by the time they came.</summary>
    public IEnumerable<DimmState> Attached => dimms.Where(d => d.IsAttached).OrderBy(d => d.Order);

    /// <summary>Throws when a backend's pages can't be a DIMM.</summary>
    /// <exception cref="VmException">InvalidDevice.</exception>
    public static void CheckBackend(MemoryBackendConfig config)
    {
        if (config.Size % DimmConfig.Granule != 0)
        {
            throw new VmException(
                VmErrorCode.InvalidDevice,
                $"backend memory size must be multiple of 0x{DimmConfig.Granule:x} (128 MiB), and that of '{config.Name}' is 0x{config.Size:x}");
        }
    }

    /// <summary>The first one of which something is true; null when there is none.</summary>
    public DimmState? Find(Predicate<DimmState> condition) => dimms.Find(condition);

    /// <summary>Takes a slot and an id.</summary>
    /// <param name="config">The DIMM.</param>
    /// <param name="names">Whether anything of the machine has an id; object paths for devices with and without one.</param>
    /// <param name="hotPlugged">The guest has started.</param>
    /// <exception cref="VmException">HotplugNotSupported, DuplicateId, InvalidDevice, NoFreeSlot, SlotOccupied.</exception>
    public DimmState Reserve(DimmConfig config, (Func<string, bool> IsTaken, Func<string?, string> CreatePath) names, bool hotPlugged)
    {
        MemoryPlatform memory = platform.DeviceMemory;
        if (memory.Hotplug is null)
        {
            throw new VmException(
                VmErrorCode.HotplugNotSupported,
                memory.Area.Length == 0
                    ? "the machine is not prepared for memory devices: its maximum memory size is its boot memory"
                    : "no slots where allocated, please specify the 'slots' option");
        }

        if (config.Id is { } id && names.IsTaken(id))
        {
            throw new VmException(VmErrorCode.DuplicateId, $"Duplicate device ID '{id}'") { DeviceId = id };
        }

        int nodes = Math.Max(platform.Config.Numa.Count, 1);
        if (config.Node is { } node && (node < 0 || node >= nodes))
        {
            throw new VmException(
                VmErrorCode.InvalidDevice, $"'DIMM property node has value {node}' which exceeds the number of numa nodes: {nodes}") { DeviceId = config.Id };
        }

        var dimm = new DimmState(config, FindSlot(config), memory.Hotplug)
        {
            Path = names.CreatePath(config.Id),
            HotPlugged = hotPlugged,
            Order = plugCount++,
        };
        dimms.Add(dimm);
        return dimm;
    }

    /// <summary>Gives slot and id back.</summary>
    public void Remove(DimmState dimm) => dimms.Remove(dimm);

    private int FindSlot(DimmConfig config)
    {
        int slots = platform.Config.Memory.Slots;
        bool IsFree(int slot) => !dimms.Exists(d => d.Slot == slot);
        if (config.Slot is not { } wanted)
        {
            int free = Enumerable.Range(0, slots).FirstOrDefault(IsFree, -1);
            return free >= 0 ? free : throw new VmException(VmErrorCode.NoFreeSlot, $"no free slots available: all {slots} DIMM slots are in use");
        }

        return wanted < 0 || wanted >= slots
            ? throw new VmException(VmErrorCode.InvalidDevice, $"invalid slot number {wanted}, valid range is [0-{slots - 1}]")
            : IsFree(wanted)
                ? wanted
                : throw new VmException(VmErrorCode.SlotOccupied, $"slot {wanted} is busy");
    }
}
