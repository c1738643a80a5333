using System;
using System.Buffers.Binary;

namespace Limber.Virtio.Pci;

/// <summary>
/// The vendor-specific capabilities that say where things are (VIRTIO 1.2, 4.1.4).
/// <code>
///   0 id 0x09   1 next   2 length   3 type   4 bar   5 id   6 padding (2)   8 le32 offset   12 le32 length
///   16 le32 notify_off_multiplier (notify), or pci_cfg_data (window)
/// </code>
/// </summary>
internal static class VirtioPciCapability
{
    public const byte VendorSpecific = 0x09;
    public const byte Common = 1;
    public const byte Notify = 2;
    public const byte Isr = 3;
    public const byte Device = 4;
    public const byte Window = 5;

    public const int BarOffset = 4;
    public const int OffsetOffset = 8;
    public const int LengthOffset = 12;
    public const int DataOffset = 16;
    public const int LongLength = 20;

    private const int HeaderLength = 2;
    private const int ShortLength = 16;

    /// <summary>What follows the header of a capability.</summary>
    public static byte[] Create(byte type, uint offset, uint length) => Create(type, offset, length, ShortLength);

    /// <inheritdoc cref="Create(byte, uint, uint)"/>
    public static byte[] CreateNotify(uint offset, uint length, uint multiplier)
    {
        byte[] body = Create(Notify, offset, length, LongLength);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(DataOffset - HeaderLength), multiplier);
        return body;
    }

    /// <inheritdoc cref="Create(byte, uint, uint)"/>
    public static byte[] CreateWindow() => Create(Window, 0, 0, LongLength);

    /// <summary>What the guest may write in a window: bar, offset, length, data.</summary>
    public static byte[] CreateWindowMask()
    {
        byte[] mask = new byte[LongLength - HeaderLength];
        mask[BarOffset - HeaderLength] = 0xff;
        mask.AsSpan(OffsetOffset - HeaderLength).Fill(0xff);
        return mask;
    }

    private static byte[] Create(byte type, uint offset, uint length, int total)
    {
        byte[] body = new byte[total - HeaderLength];
        body[0] = (byte)total;
        body[1] = type;
        body[BarOffset - HeaderLength] = VirtioPciLayout.Bar;
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(OffsetOffset - HeaderLength), offset);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(LengthOffset - HeaderLength), length);
        return body;
    }
}
