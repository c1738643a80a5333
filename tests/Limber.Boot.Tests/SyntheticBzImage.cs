using System;
using System.Buffers.Binary;

namespace Limber.Boot.Tests;

/// <summary>Builds a bzImage by the numbers of the boot protocol document, not by the constants under test.</summary>
internal sealed class SyntheticBzImage
{
    public const int SetupBytes = 5 * 512;
    public const int CodeBytes = 0x3000;

    public byte[] Bytes { get; } = new byte[SetupBytes + CodeBytes];

    public SyntheticBzImage()
    {
        new Random(1).NextBytes(Bytes.AsSpan(SetupBytes));
        Bytes[0x1F1] = 4;
        Put32(0x1F4, CodeBytes / 16);
        Put16(0x1FE, 0xAA55);
        Bytes[0x200] = 0xEB;
        Bytes[0x201] = 0x6A;
        "HdrS"u8.CopyTo(Bytes.AsSpan(0x202));
        Put16(0x206, 0x020F);
        Bytes[0x211] = 0x01;
        Put32(0x22C, 0x7FFF_FFFF);
        Put32(0x230, 0x20_0000);
        Bytes[0x234] = 1;
        Bytes[0x235] = 21;
        Put16(0x236, 0x007F);
        Put32(0x238, 2047);
        Put64(0x250, 0xDEAD);
        Put64(0x258, 0x100_0000);
        Put32(0x260, 0x40_0000);
    }

    public ReadOnlySpan<byte> Code => Bytes.AsSpan(SetupBytes);

    public SyntheticBzImage Put16(int offset, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(offset), value);
        return this;
    }

    public SyntheticBzImage Put32(int offset, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(offset), value);
        return this;
    }

    public SyntheticBzImage Put64(int offset, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(offset), value);
        return this;
    }

    public SyntheticBzImage Put8(int offset, byte value)
    {
        Bytes[offset] = value;
        return this;
    }
}
