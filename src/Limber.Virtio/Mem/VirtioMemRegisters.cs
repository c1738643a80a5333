namespace Limber.Virtio.Mem;

/// <summary>Constants of the memory device (VIRTIO 1.2, 5.15).</summary>
/// <remarks>
/// <code>
/// configuration                          request, read by the device      response, written by the device
///  0 le64 block size                      0 le16 type, 6 bytes unused      0 le16 type, 6 bytes unused
///  8 le16 node, 6 bytes unused            8 le64 address                   8 le16 state of blocks
/// 16 le64 address                        16 le16 blocks, 6 bytes unused
/// 24 le64 region size
/// 32 le64 usable region size
/// 40 le64 plugged size
/// 48 le64 requested size
/// </code>
/// </remarks>
internal static class VirtioMemRegisters
{
    /// <summary>The node is valid (5.15.3).</summary>
    public const ulong AcpiPxm = 1UL << 0;

    /// <summary>The driver does not touch unplugged memory.</summary>
    public const ulong UnpluggedInaccessible = 1UL << 1;

    public const int BlockSize = 0;
    public const int Node = 8;
    public const int Address = 16;
    public const int RegionSize = 24;
    public const int UsableRegionSize = 32;
    public const int PluggedSize = 40;
    public const int RequestedSize = 48;
    public const int ConfigLength = 56;

    public const int RequestLength = 24;
    public const int ResponseLength = 10;

    public const ushort Plug = 0;
    public const ushort Unplug = 1;
    public const ushort UnplugAll = 2;
    public const ushort State = 3;

    public const ushort Ack = 0;
    public const ushort Nack = 1;
    public const ushort Busy = 2;
    public const ushort Error = 3;

    public const ushort StatePlugged = 0;
    public const ushort StateUnplugged = 1;
    public const ushort StateMixed = 2;
}
