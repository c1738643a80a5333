using System;
using System.Buffers.Binary;
using Limber.Virtio;

namespace Limber.VirtioBlock;

/// <summary>
/// What a discard or a write of zeros is about (VIRTIO 1.2, 5.2.6).
/// <code>
///   0  sector (8)    8  number of sectors (4)    12  flags (4): bit 0 unmap
/// </code>
/// </summary>
/// <remarks>Guest-controlled: all of it.</remarks>
internal readonly record struct BlockRange
{
    private const int Size = 16;
    private const int SectorShift = 9;
    private const uint FlagUnmap = 1;

    private readonly uint flags;

    private BlockRange(ReadOnlySpan<byte> bytes)
    {
        Sector = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Length = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) << SectorShift;
        flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
    }

    public ulong Sector { get; }

    /// <summary>In bytes.</summary>
    public ulong Length { get; }

    /// <summary>Zeros need no space on the disk.</summary>
    public bool MayUnmap => (flags & FlagUnmap) != 0;

    /// <summary>Reads the one range that a request may have; false when it has none or more.</summary>
    public static bool TryRead(ref SegmentReader reader, out BlockRange range)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool isOne = reader.Read(bytes) == Size && reader.Remaining == 0;
        range = isOne ? new BlockRange(bytes) : default;
        return isOne;
    }

    /// <summary>Spec: 5.2.6.2: unknown flags, and unmap in a discard, are unsupported.</summary>
    public bool IsSupported(bool isDiscard) => (flags & ~FlagUnmap) == 0 && !(isDiscard && flags != 0);
}
