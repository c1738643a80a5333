namespace Limber.Devices.Platform.PciHotplug;

/// <summary>
/// What the guest sees of PCI hotplug: words in a shared area, and one doorbell port.
/// <code>
/// written by the VMM                                 written by the guest
/// 0x0000  signature "LPHP"                           0x1000            last value of the sequence that was scanned for
/// 0x0004  version, 1                                 0x1100 + 16*n     record of slot n:
/// 0x0008  number of slots, 64                          +0  last value of state n that was handled
/// 0x0080  sequence: grows with every change            +4  _OST source event   +8  _OST status   +12 unused
/// 0x0100 + 4*n  state of slot n
///
/// state:  31            8 7         3    2        1         0
///        +---------------+-----------+--------+--------+----------+
///        |   sequence    |     0     | remove | insert | occupied |
///        +---------------+-----------+--------+--------+----------+
///
/// doorbell (32-bit port write):  31       17 16   15          0
///                               +-----------+-----+------------+
///                               |     0     | ost |   slot n   |     ost 0: eject n; 1: _OST record of n is valid
///                               +-----------+-----+------------+
/// </code>
/// Slots 0 to 31 are the devices of the root bus by number; 32 + d is the slot of the PCIe port that is device d.
/// </summary>
internal static class PciHotplugRegisters
{
    public const uint SignatureValue = 0x5048504C; // "LPHP", little-endian
    public const uint VersionValue = 1;

    public const uint Signature = 0x0;
    public const uint Version = 0x4;
    public const uint SlotCount = 0x8;
    public const uint Sequence = 0x80;
    public const uint State = 0x100;

    public const uint GuestOffset = 0x1000;
    public const uint Acknowledge = 0x0;
    public const uint Record = 0x100;
    public const uint RecordSize = 16;
    public const uint RecordHandled = 0;
    public const uint RecordOstEvent = 4;
    public const uint RecordOstStatus = 8;

    public const int RootSlots = 32;
    public const int Slots = 64;
    public const uint AreaSize = 0x2000;

    public const uint StateOccupied = 1;
    public const uint StateInsert = 2;
    public const uint StateRemove = 4;
    public const uint StateFlags = 0xFF;
    public const uint StateSequenceStep = 0x100;

    public const uint DoorbellOst = 0x10000;
    public const uint DoorbellSlotMask = 0xFFFF;
}
