using System.Collections.Immutable;

namespace Limber.Config;

/// <summary>Guest memory: what is there at boot, and how much may come later.</summary>
/// <param name="Size">Bytes at boot, without memory devices; a multiple of 4096.</param>
/// <param name="Shared">Back the memory by a shared file descriptor instead of private anonymous pages.</param>
public sealed record MemoryConfig(ulong Size, bool Shared = false)
{
    /// <summary>Most DIMM slots of a machine (QEMU's limit).</summary>
    public const int MaxSlots = 256;

    /// <summary>Pages that the host keeps for this purpose (hugetlbfs), of boot memory and of DIMMs that a size brings.</summary>
    public bool HugePages { get; init; }

    /// <summary>Bytes of a huge page, a power of two that divides <see cref="Size"/>; null for the host's default.</summary>
    public ulong? HugePageSize { get; init; }

    /// <summary>All pages are allocated before the guest starts; those of DIMMs that a size brings when these are plugged in.</summary>
    public bool Preallocate { get; init; }

    /// <summary>Parts of boot memory with names of the user's, which make up all of it; empty without such names.</summary>
    public ImmutableArray<MemoryZoneConfig> Zones { get; init; } = [];

    /// <summary>DIMM slots, 0 to <see cref="MaxSlots"/>.</summary>
    public int Slots { get; init; }

    /// <summary>
    /// Bytes of boot memory and memory devices together, at most; 0 (or the boot memory's size) for a machine whose memory stays as it is.
    /// </summary>
    public ulong MaximumSize { get; init; }

    /// <summary>
    /// What <c>IMemoryManager.Resize</c> changes. With <see cref="MemoryHotplugMethod.VirtioMem"/> that is the first virtio-mem device of
    /// <see cref="VmConfig.PciDevices"/>, which whoever makes the configuration puts there. With <see cref="Zones"/> it changes nothing.
    /// </summary>
    public MemoryHotplugMethod HotplugMethod { get; init; }

    /// <summary>Bytes that memory devices may have in all; 0 without memory hotplug.</summary>
    public ulong HotplugSize => MaximumSize > Size ? MaximumSize - Size : 0;
}
