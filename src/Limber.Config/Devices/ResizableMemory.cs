using System;
using Limber.Config.Backends;

namespace Limber.Config.Devices;

/// <summary>Cloud Hypervisor's way to describe memory that grows: how much there is, how much can come, and by what.</summary>
/// <remarks>
/// There is one DIMM slot for every 128 MiB of what can come, up to the limit of a machine: each resize takes one, and each shrinking
/// gives some back.
/// </remarks>
public static class ResizableMemory
{
    /// <summary>Id of the virtio-mem device, which there is named after its memory zone.</summary>
    public const string DeviceId = "mem0";

    internal const ulong PageSize = 4096;

    private const ulong RegionUnit = DimmConfig.Granule;

    /// <summary>The memory, and the virtio-mem device that makes it grow, or null.</summary>
    /// <param name="boot">What there is at the start, and of which pages it is.</param>
    /// <param name="method">By what it grows.</param>
    /// <param name="hotplug">Bytes that can come.</param>
    /// <param name="plugged">Bytes of them that are there at the start; null for none. virtio-mem only.</param>
    /// <exception cref="ArgumentException">The text says which value, by Cloud Hypervisor's name, is wrong and why.</exception>
    public static (MemoryConfig Memory, VirtioMemDeviceConfig? Device) Resolve(
        MemoryConfig boot, MemoryHotplugMethod method, ulong hotplug, ulong? plugged)
    {
        ArgumentNullException.ThrowIfNull(boot);
        Require(boot.Size % PageSize == 0, $"size must be a multiple of {PageSize} bytes");
        Require(hotplug <= ulong.MaxValue - boot.Size, "size and hotplug_size together are too large");
        string? problem = PageRules.FindProblem(boot.Size, boot.HugePages, boot.HugePageSize);
        Require(problem is null, "hugepage_size " + problem);
        MemoryConfig memory = boot with { MaximumSize = hotplug == 0 ? 0 : boot.Size + hotplug, HotplugMethod = method };
        if (method == MemoryHotplugMethod.VirtioMem && hotplug != 0)
        {
            return (memory, Device(DeviceId, memory, memory.HotplugSize, plugged ?? 0));
        }

        Require(plugged is null or 0, "hotplugged_size needs hotplug_method=virtio-mem and hotplug_size");
        return method == MemoryHotplugMethod.VirtioMem
            ? (memory, null)
            : (memory with { Slots = (int)Math.Min(hotplug / RegionUnit, MemoryConfig.MaxSlots) }, null);
    }

    /// <summary>A device of the same kind of pages as the boot memory.</summary>
    internal static VirtioMemDeviceConfig Device(string id, MemoryConfig boot, ulong size, ulong plugged)
    {
        ulong block = ulong.Max(VirtioMemDeviceConfig.DefaultBlockSize, boot.HugePages ? boot.HugePageSize ?? 0 : 0);
        Require(size % RegionUnit == 0, $"hotplug_size must be a multiple of {RegionUnit} bytes (128 MiB) for virtio-mem");
        Require(plugged <= size, $"hotplugged_size={plugged} is larger than hotplug_size={size}");
        Require(plugged % block == 0, $"hotplugged_size must be a multiple of {block} bytes, virtio-mem's block size");
        string? problem = PageRules.FindProblem(size, boot.HugePages, boot.HugePageSize);
        Require(problem is null, "hugepage_size " + problem);
        return new VirtioMemDeviceConfig
        {
            Id = id,
            Memory = new MemoryBackendConfig
            {
                Name = "",
                Size = size,
                Kind = boot.Shared || boot.HugePages ? MemoryBackendKind.Memfd : MemoryBackendKind.Ram,
                Share = boot.Shared,
                HugePages = boot.HugePages,
                HugePageSize = boot.HugePageSize,
            },
            RequestedSize = plugged,
        };
    }

    internal static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new ArgumentException(problem);
        }
    }
}
