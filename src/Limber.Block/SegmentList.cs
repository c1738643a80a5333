using System;
using System.Runtime.InteropServices;

namespace Limber.Block;

/// <summary>The memory of a transfer, addressed by position in it. The list is never changed.</summary>
/// <remarks>Every method walks from the first segment: lists are short, and requests are cut into few pieces.</remarks>
internal readonly unsafe struct SegmentList(BlockSegment* first, int count)
{
    /// <summary>Stores what describes the bytes from <paramref name="skip"/> on.</summary>
    /// <param name="gathered">Bytes described; less than <paramref name="length"/> when the target is full.</param>
    /// <returns>Segments stored.</returns>
    public int Gather(ulong skip, ulong length, Span<BlockSegment> target, out ulong gathered)
    {
        gathered = 0;
        int stored = 0;
        for (int index = 0; index < count && stored < target.Length && gathered < length; index++)
        {
            ulong size = first[index].Length;
            if (size <= skip)
            {
                skip -= size;
                continue;
            }

            ulong piece = Math.Min(size - skip, length - gathered);
            target[stored++] = new BlockSegment((byte*)first[index].Address + skip, (nuint)piece);
            gathered += piece;
            skip = 0;
        }

        return stored;
    }

    /// <summary>Zeros memory.</summary>
    public void Clear(ulong skip, ulong length) => Walk(skip, length, null, Direction.Clear);

    /// <summary>Copies out of <paramref name="source"/> into the memory.</summary>
    public void Scatter(ulong skip, byte* source, ulong length) => Walk(skip, length, source, Direction.Scatter);

    /// <summary>Copies the memory to <paramref name="target"/>.</summary>
    public void Collect(ulong skip, byte* target, ulong length) => Walk(skip, length, target, Direction.Collect);

    private void Walk(ulong skip, ulong length, byte* other, Direction direction)
    {
        for (int index = 0; index < count && length > 0; index++)
        {
            ulong size = first[index].Length;
            if (size <= skip)
            {
                skip -= size;
                continue;
            }

            nuint piece = (nuint)Math.Min(size - skip, length);
            byte* mine = (byte*)first[index].Address + skip;
            switch (direction)
            {
                case Direction.Clear:
                    NativeMemory.Clear(mine, piece);
                    break;
                case Direction.Scatter:
                    NativeMemory.Copy(other, mine, piece);
                    break;
                default:
                    NativeMemory.Copy(mine, other, piece);
                    break;
            }

            other = other is null ? null : other + piece;
            length -= piece;
            skip = 0;
        }
    }

    private enum Direction
    {
        Clear,
        Scatter,
        Collect,
    }
}
