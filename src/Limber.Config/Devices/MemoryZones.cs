using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace Limber.Config.Devices;

/// <summary>Memory that consists of zones: its boot memory, and a virtio-mem device for each zone that can grow.</summary>
/// <remarks>
/// The boot memory of all zones is one allocation, so one shared zone makes all of it shared, and what else zones say of their pages has
/// to be the same for all.
/// </remarks>
public static class MemoryZones
{
    /// <summary>The memory, and the virtio-mem devices by which zones grow.</summary>
    /// <param name="zones">All zones, in order.</param>
    /// <param name="method">By what memory grows.</param>
    /// <exception cref="ArgumentException">The text says which zone and value, by Cloud Hypervisor's names, is wrong and why.</exception>
    public static (MemoryConfig Memory, ImmutableArray<VirtioMemDeviceConfig> Devices) Resolve(
        IReadOnlyList<MemoryZoneConfig> zones, MemoryHotplugMethod method)
    {
        ArgumentNullException.ThrowIfNull(zones);
        UInt128 boot = 0;
        UInt128 all = 0;
        HashSet<string> ids = [];
        foreach (MemoryZoneConfig zone in zones)
        {
            ResizableMemory.Require(zone.Id.Length > 0, "a memory zone has an empty id");
            ResizableMemory.Require(ids.Add(zone.Id), $"memory zone '{zone.Id}' is given twice");
            Check(zone, zones[0], method);
            boot += zone.Size;
            all += (UInt128)zone.Size + zone.HotplugSize;
        }

        ResizableMemory.Require(zones.Count > 0, "size 0 means memory zones, and there are none");
        ResizableMemory.Require(all <= ulong.MaxValue, "the memory zones together are too large");
        MemoryZoneConfig first = zones[0];
        MemoryConfig memory = new((ulong)boot, zones.Any(z => z.Shared))
        {
            MaximumSize = all == boot ? 0 : (ulong)all,
            HotplugMethod = method,
            HugePages = first.HugePages,
            HugePageSize = first.HugePageSize,
            Preallocate = first.Preallocate,
            Zones = [.. zones],
        };
        return (memory, [.. zones.Where(z => z.HotplugSize != 0).Select(z => Device(z, memory))]);
    }

    private static VirtioMemDeviceConfig Device(MemoryZoneConfig zone, MemoryConfig boot)
    {
        try
        {
            return ResizableMemory.Device(zone.Id, boot, zone.HotplugSize, zone.HotpluggedSize);
        }
        catch (ArgumentException wrong)
        {
            throw new ArgumentException($"memory zone '{zone.Id}': {wrong.Message}");
        }
    }

    private static void Check(MemoryZoneConfig zone, MemoryZoneConfig first, MemoryHotplugMethod method)
    {
        Require(zone.Size > 0 && zone.Size % ResizableMemory.PageSize == 0, $"size {zone.Size} is not a multiple of {ResizableMemory.PageSize} bytes above 0");
        Require(zone.HotplugSize == 0 || method == MemoryHotplugMethod.VirtioMem, "hotplug_size needs hotplug_method=virtio-mem of the memory");
        Require(zone.HotplugSize != 0 || zone.HotpluggedSize == 0, "hotplugged_size needs hotplug_size");
        Require(
            (zone.HugePages, zone.HugePageSize, zone.Preallocate) == (first.HugePages, first.HugePageSize, first.Preallocate),
            $"hugepages, hugepage_size or prefault unlike those of '{first.Id}' are not built yet");
        string? problem = PageRules.FindProblem(zone.Size, zone.HugePages, zone.HugePageSize);
        Require(problem is null, "hugepage_size " + problem);

        void Require(bool condition, string what) => ResizableMemory.Require(condition, $"memory zone '{zone.Id}': {what}");
    }
}
