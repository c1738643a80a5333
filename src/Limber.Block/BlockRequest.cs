using System;

namespace Limber.Block;

/// <summary>One request to an image. A value: submitting copies it.</summary>
/// <remarks>
/// Invariant: the array of segments and the memory they name belong to the submitter, stay where they are and, but for the bytes
/// a read fills, are left alone until the request's completion was drained. The array may not be on the managed heap unless pinned.
/// Guest-controlled: the bytes a write takes may change while it is going on; nothing is decided on them after a second look.
/// </remarks>
public readonly unsafe struct BlockRequest
{
    private BlockRequest(BlockRequestKind kind, ulong offset, ulong length, BlockSegment* segments, int segmentCount, ulong tag)
    {
        Kind = kind;
        Offset = offset;
        Length = length;
        Segments = segments;
        SegmentCount = segmentCount;
        Tag = tag;
    }

    public BlockRequestKind Kind { get; }

    /// <summary>First byte in the image; a multiple of <see cref="IBlockImage.LogicalBlockSize"/>.</summary>
    public ulong Offset { get; }

    /// <summary>Bytes; a multiple of <see cref="IBlockImage.LogicalBlockSize"/>.</summary>
    public ulong Length { get; }

    /// <summary>Memory of a transfer; null for the other kinds.</summary>
    public BlockSegment* Segments { get; }

    public int SegmentCount { get; }

    /// <summary>Returned with the completion; means nothing here.</summary>
    public ulong Tag { get; }

    /// <summary><see cref="BlockRequestKind.WriteZeroes"/>: the host may give the space back instead of keeping it reserved.</summary>
    public bool MayUnmap { get; private init; }

    /// <summary>A read into, or a write from, a list of segments. The length is their sum.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The kind is no transfer, or the count is negative.</exception>
    public static BlockRequest Transfer(BlockRequestKind kind, ulong offset, BlockSegment* segments, int segmentCount, ulong tag)
    {
        if (kind is not (BlockRequestKind.Read or BlockRequestKind.Write))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "only reads and writes transfer data");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(segmentCount);
        ulong length = 0;
        for (int index = 0; index < segmentCount; index++)
        {
            // A sum that wraps becomes one that no image can hold, and the request is refused where lengths are checked.
            ulong sum = unchecked(length + segments[index].Length);
            length = sum < length ? ulong.MaxValue : sum;
        }

        return new BlockRequest(kind, offset, length, segments, segmentCount, tag);
    }

    public static BlockRequest Flush(ulong tag) => new(BlockRequestKind.Flush, 0, 0, null, 0, tag);

    public static BlockRequest Discard(ulong offset, ulong length, ulong tag) =>
        new(BlockRequestKind.Discard, offset, length, null, 0, tag);

    public static BlockRequest WriteZeroes(ulong offset, ulong length, bool mayUnmap, ulong tag) =>
        new(BlockRequestKind.WriteZeroes, offset, length, null, 0, tag) { MayUnmap = mayUnmap };
}
