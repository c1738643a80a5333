using System;
using System.Buffers.Binary;

namespace Limber.Tests;

/// <summary>The smallest kernel there can be: an ELF file that halts.</summary>
internal static class IdleKernel
{
    private const uint LoadAddress = 0x100_0000;

    /// <summary>Spec: System V ABI, ELF-64 header and program header; Xen's note 18 names the 32-bit (PVH) entry.</summary>
    public static byte[] Image()
    {
        const int headers = 64 + (2 * 56);
        const int note = headers;
        const int code = note + 20;
        byte[] image = new byte[code + 4];
        byte[] identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(image, 0);
        Short(16, 2);
        Short(18, 62);
        Word(20, 1);
        Long(24, LoadAddress + code);
        Long(32, 64);
        Short(52, 64);
        Short(54, 56);
        Short(56, 2);
        Segment(64, type: 1, offset: 0, size: image.Length);
        Segment(64 + 56, type: 4, offset: note, size: 20);
        Word(note, 4);
        Word(note + 4, 4);
        Word(note + 8, 18);
        "Xen\0"u8.CopyTo(image.AsSpan(note + 12));
        Word(note + 16, LoadAddress + code);
        byte[] idle = [0xFA, 0xF4, 0xEB, 0xFC]; // cli; hlt; jmp cli
        idle.CopyTo(image, code);
        return image;

        void Segment(int at, uint type, int offset, int size)
        {
            Word(at, type);
            Word(at + 4, 5);
            Long(at + 8, (ulong)offset);
            Long(at + 16, LoadAddress + (ulong)offset);
            Long(at + 24, LoadAddress + (ulong)offset);
            Long(at + 32, (ulong)size);
            Long(at + 40, (ulong)size);
            Long(at + 48, 4);
        }

        void Short(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);
        void Word(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);
        void Long(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);
    }
}
