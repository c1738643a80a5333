using Limber.Devices.Platform.Hotplug;

namespace Limber.Devices.Platform.MemoryHotplug;

/// <summary>
/// The shared area of memory hotplug, as <see cref="HotplugRegisters"/> draws it: slots are DIMM slots, a group is
/// <see cref="GroupSize"/> of them, G is <see cref="GetGuestOffset"/>, and the VMM writes also
/// <code>
/// 0x0800 + 32*n  DIMM of slot n:   +0 address, 64 bits   +8 length, 64 bits   +16 NUMA node   +20 unused
/// </code>
/// which does not change while the slot is occupied.
/// </summary>
internal static class MemoryHotplugRegisters
{
    public const uint SignatureValue = 0x504D4D4C; // "LMMP", little-endian
    public const uint VersionValue = 1;

    public const int GroupSize = 32;
    public const int MaximumSlots = 256;

    public const uint Dimm = 0x800;
    public const uint DimmSize = 32;
    public const uint DimmAddress = 0;
    public const uint DimmLength = 8;
    public const uint DimmNode = 16;

    private const uint PageSize = 4096;

    /// <summary>Offset of the part that the guest writes, on a page of its own, in bytes.</summary>
    public static uint GetGuestOffset(int slots) => AlignToPage(Dimm + (DimmSize * (uint)slots));

    /// <summary>Size of the whole area, in bytes.</summary>
    public static uint GetAreaSize(int slots) =>
        GetGuestOffset(slots) + AlignToPage(HotplugRegisters.Record + (HotplugRegisters.RecordSize * (uint)slots));

    private static uint AlignToPage(uint size) => (size + PageSize - 1) / PageSize * PageSize;
}
