using System;
using System.Buffers.Binary;

namespace Limber.Boot.Tests;

/// <summary>
/// Builds an ELF kernel by the numbers of the ELF document: two segments to load (at 16 MiB and 18 MiB, the second
/// with zeros behind its bytes) and a note segment with a foreign note and the PVH note.
/// </summary>
internal sealed class SyntheticElf
{
    public const int Headers = 64;
    public const int Notes = 0x200;
    public const int NoteBytes = 20 + 24;
    public const int PvhType = Notes + 20 + 8;
    public const int PvhName = Notes + 20 + 12;
    public const int PvhValue = Notes + 20 + 16;
    public const int FirstBytes = 0x1000;
    public const int SecondBytes = 0x2000;
    public const ulong Entry = 0x100_0100;

    public byte[] Bytes { get; } = new byte[0x4000];

    public SyntheticElf()
    {
        new Random(2).NextBytes(Bytes.AsSpan(FirstBytes));
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(Bytes, 0);
        Put16(16, 2);
        Put16(18, 62);
        Put64(32, Headers);
        Put16(54, 56);
        Put16(56, 3);
        Segment(0, type: 1, offset: FirstBytes, physical: 0x120_0000, fileSize: 0x1000, memorySize: 0x8000);
        Segment(1, type: 1, offset: SecondBytes, physical: 0x100_0000, fileSize: 0x2000, memorySize: 0x2000);
        Segment(2, type: 4, offset: Notes, physical: 0, fileSize: NoteBytes, memorySize: NoteBytes);
        Note(Notes, "GNU\0"u8, 18, 0xFFFF_FFFF, 4);
        Note(Notes + 20, "Xen\0"u8, 18, Entry, 8);
    }

    public static int SegmentField(int index, int field) => Headers + (index * 56) + field;

    public SyntheticElf Put8(int offset, byte value)
    {
        Bytes[offset] = value;
        return this;
    }

    public SyntheticElf Put16(int offset, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(offset), value);
        return this;
    }

    public SyntheticElf Put32(int offset, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(offset), value);
        return this;
    }

    public SyntheticElf Put64(int offset, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(offset), value);
        return this;
    }

    private void Segment(int index, uint type, ulong offset, ulong physical, ulong fileSize, ulong memorySize)
    {
        Put32(SegmentField(index, 0), type);
        Put64(SegmentField(index, 8), offset);
        Put64(SegmentField(index, 24), physical);
        Put64(SegmentField(index, 32), fileSize);
        Put64(SegmentField(index, 40), memorySize);
        Put64(SegmentField(index, 48), 4);
    }

    private void Note(int offset, ReadOnlySpan<byte> name, uint type, ulong value, uint size)
    {
        Put32(offset, 4);
        Put32(offset + 4, size);
        Put32(offset + 8, type);
        name.CopyTo(Bytes.AsSpan(offset + 12));
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..(int)size].CopyTo(Bytes.AsSpan(offset + 16));
    }
}
