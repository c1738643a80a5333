using Limber.Devices.Platform.Hotplug;

namespace Limber.Devices.Platform.CpuHotplug;

/// <summary>
/// The shared area of processor hotplug, as <see cref="HotplugRegisters"/> draws it: slots are processors by index, a group is
/// <see cref="GroupSize"/> of them, and G is <see cref="GetGuestOffset"/>.
/// </summary>
internal static class CpuHotplugRegisters
{
    public const uint SignatureValue = 0x50484D4C; // "LMHP", little-endian
    public const uint VersionValue = 1;

    public const int GroupSize = 32;
    public const int MaximumProcessors = 1024;

    private const uint PageSize = 4096;

    /// <summary>Offset of the part that the guest writes, on a page of its own, in bytes.</summary>
    public static uint GetGuestOffset(int processors) => AlignToPage(HotplugRegisters.State + (4 * (uint)processors));

    /// <summary>Size of the whole area, in bytes.</summary>
    public static uint GetAreaSize(int processors) =>
        GetGuestOffset(processors) + AlignToPage(HotplugRegisters.Record + (HotplugRegisters.RecordSize * (uint)processors));

    private static uint AlignToPage(uint size) => (size + PageSize - 1) / PageSize * PageSize;
}
