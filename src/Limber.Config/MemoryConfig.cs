namespace Limber.Config;

/// <summary>Guest memory: what is there at boot, and how much may come later.</summary>
/// <param name="Size">Bytes at boot, without memory devices; a multiple of 4096.</param>
/// <param name="Shared">Back the memory by a shared file descriptor instead of private anonymous pages.</param>
public sealed record MemoryConfig(ulong Size, bool Shared = false)
{
    /// <summary>Most DIMM slots of a machine (QEMU's limit).</summary>
    public const int MaxSlots = 256;

    /// <summary>DIMM slots, 0 to <see cref="MaxSlots"/>.</summary>
    public int Slots { get; init; }

    /// <summary>
    /// Bytes of boot memory and memory devices together, at most; 0 (or the boot memory's size) for a machine whose memory stays as it is.
    /// </summary>
    public ulong MaximumSize { get; init; }

    /// <summary>
    /// What <c>IMemoryManager.Resize</c> changes. With <see cref="MemoryHotplugMethod.VirtioMem"/> that is the first virtio-mem device of
    /// <see cref="VmConfig.PciDevices"/>, which whoever makes the configuration puts there.
    /// </summary>
    public MemoryHotplugMethod HotplugMethod { get; init; }

    /// <summary>Bytes that memory devices may have in all; 0 without memory hotplug.</summary>
    public ulong HotplugSize => MaximumSize > Size ? MaximumSize - Size : 0;
}
