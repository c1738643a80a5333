namespace Limber.Devices.Platform.CpuHotplug;

/// <summary>
/// What the guest sees of processor hotplug: words in a shared area, and one doorbell port.
/// <code>
/// written by the VMM                                 written by the guest
/// 0x0000  signature "LMHP"                           G+0x000 + 4*g  group acknowledge: last value of group
/// 0x0004  version, 1                                          sequence g that the guest has scanned for
/// 0x0008  number of possible processors              G+0x100 + 16*n processor record of processor n:
/// 0x0080 + 4*g  group sequence: grows with every        +0  last value of state n that was handled
///               change of a processor in group g        +4  _OST source event   +8  _OST status
/// 0x0100 + 4*n  state of processor n                    +12 unused
///
/// state:  31            8 7         3    2        1        0
///        +---------------+-----------+--------+--------+---------+
///        |   sequence    |     0     | remove | insert | enabled |
///        +---------------+-----------+--------+--------+---------+
///
/// doorbell (32-bit port write):  31       17 16   15          0
///                               +-----------+-----+------------+
///                               |     0     | ost | processor n|     ost 0: eject n; 1: _OST record of n is valid
///                               +-----------+-----+------------+
/// </code>
/// A group is <see cref="GroupSize"/> processors with consecutive indexes. G is <see cref="GetGuestOffset"/>.
/// </summary>
internal static class CpuHotplugRegisters
{
    public const uint SignatureValue = 0x50484D4C; // "LMHP", little-endian
    public const uint VersionValue = 1;

    public const uint Signature = 0x0;
    public const uint Version = 0x4;
    public const uint ProcessorCount = 0x8;
    public const uint GroupSequence = 0x80;
    public const uint State = 0x100;

    public const uint GroupAcknowledge = 0x0;
    public const uint Record = 0x100;
    public const uint RecordSize = 16;
    public const uint RecordHandled = 0;
    public const uint RecordOstEvent = 4;
    public const uint RecordOstStatus = 8;

    public const int GroupSize = 32;
    public const int MaximumProcessors = 1024;

    public const uint StateEnabled = 1;
    public const uint StateInsert = 2;
    public const uint StateRemove = 4;
    public const uint StateFlags = 0xFF;
    public const uint StateSequenceStep = 0x100;

    public const uint DoorbellOst = 0x10000;
    public const uint DoorbellIndexMask = 0xFFFF;

    private const uint PageSize = 4096;

    /// <summary>Offset of the part that the guest writes, on a page of its own, in bytes.</summary>
    public static uint GetGuestOffset(int processors) => AlignToPage(State + (4 * (uint)processors));

    /// <summary>Size of the whole area, in bytes.</summary>
    public static uint GetAreaSize(int processors) =>
        GetGuestOffset(processors) + AlignToPage(Record + (RecordSize * (uint)processors));

    private static uint AlignToPage(uint size) => (size + PageSize - 1) / PageSize * PageSize;
}
