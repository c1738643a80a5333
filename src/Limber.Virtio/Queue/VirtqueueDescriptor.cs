using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Limber.Virtio;

/// <summary>
/// One descriptor, copied out of guest memory.
/// <code>
///   split, and both kinds of indirect table     packed ring
///   0  le64 addr                                0  le64 addr
///   8  le32 len                                 8  le32 len
///  12  le16 flags                              12  le16 id
///  14  le16 next                               14  le16 flags
/// </code>
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct VirtqueueDescriptor
{
    public const int Bytes = 16;
    public const ushort Next = 1;
    public const ushort Write = 2;
    public const ushort Indirect = 4;

    /// <summary>Packed: AVAIL and USED (VIRTIO 1.2, 2.8.1).</summary>
    public const ushort PackedAvailable = 1 << 7;
    public const ushort PackedUsed = 1 << 15;

    private VirtqueueDescriptor(ulong address, uint length, ushort word12, ushort word14)
    {
        Address = address;
        Length = length;
        Word12 = word12;
        Word14 = word14;
    }

    public ulong Address { get; }

    public uint Length { get; }

    public ushort Word12 { get; }

    public ushort Word14 { get; }

    // SAFETY: the caller has checked that 16 bytes are there. Guest-controlled: every field is read exactly once.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VirtqueueDescriptor Read(byte* source) => new(
        Unsafe.ReadUnaligned<ulong>(source),
        Unsafe.ReadUnaligned<uint>(source + 8),
        Unsafe.ReadUnaligned<ushort>(source + 12),
        Unsafe.ReadUnaligned<ushort>(source + 14));
}
