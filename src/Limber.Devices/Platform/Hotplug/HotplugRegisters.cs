namespace Limber.Devices.Platform.Hotplug;

/// <summary>
/// What all hotplug controllers have in common for the guest: words in a shared area, and one doorbell port.
/// <code>
/// written by the VMM                                 written by the guest
/// 0x0000  signature                                  G+0x000 + 4*g  group acknowledge: last value of group
/// 0x0004  version                                             sequence g that the guest has scanned for
/// 0x0008  number of slots                            G+0x100 + 16*n record of slot n:
/// 0x0080 + 4*g  group sequence: grows with every        +0  last value of state n that was handled
///               change of a slot in group g             +4  _OST source event   +8  _OST status
/// 0x0100 + 4*n  state of slot n                         +12 unused
///
/// state:  31            8 7         3    2        1        0
///        +---------------+-----------+--------+--------+---------+
///        |   sequence    |     0     | remove | insert | present |
///        +---------------+-----------+--------+--------+---------+
///
/// doorbell (32-bit port write):  31       17 16   15          0
///                               +-----------+-----+------------+
///                               |     0     | ost |   slot n   |     ost 0: eject n; 1: _OST record of n is valid
///                               +-----------+-----+------------+
/// </code>
/// A controller says how many slots make a group, where G is, and what else the VMM writes.
/// </summary>
internal static class HotplugRegisters
{
    public const uint Signature = 0x0;
    public const uint Version = 0x4;
    public const uint SlotCount = 0x8;
    public const uint GroupSequence = 0x80;
    public const uint State = 0x100;

    public const uint GroupAcknowledge = 0x0;
    public const uint Record = 0x100;
    public const uint RecordSize = 16;
    public const uint RecordHandled = 0;
    public const uint RecordOstEvent = 4;
    public const uint RecordOstStatus = 8;

    public const uint StatePresent = 1;
    public const uint StateInsert = 2;
    public const uint StateRemove = 4;
    public const uint StateFlags = 0xFF;
    public const uint StateSequenceStep = 0x100;

    public const uint DoorbellOst = 0x10000;
    public const uint DoorbellSlotMask = 0xFFFF;
}
