using System;
using System.Buffers.Binary;
using Limber.Block.Files;

namespace Limber.Block.Qcow2;

/// <summary>A table of 64-bit entries that is in memory whole: the L1 table and the refcount table.</summary>
/// <remarks>Thread: under the metadata's gate.</remarks>
internal sealed unsafe class BigEndianTable(ulong offset, int entries)
{
    private const int Piece = 4096;
    private readonly ulong[] values = new ulong[entries];
    private int firstDirty = int.MaxValue;
    private int lastDirty = -1;

    /// <summary>Of the first entry in the file.</summary>
    public ulong Offset => offset;

    public int Count => entries;

    public bool IsDirty => lastDirty >= 0;

    public ulong this[int index]
    {
        get => values[index];
        set
        {
            values[index] = value;
            firstDirty = Math.Min(firstDirty, index);
            lastDirty = Math.Max(lastDirty, index);
        }
    }

    /// <summary>Reads the table from the file.</summary>
    public int Load(IImageFile file)
    {
        using AlignedBuffer buffer = new(Piece);
        for (int first = 0; first < entries; first += Piece / sizeof(ulong))
        {
            int count = Math.Min(entries - first, Piece / sizeof(ulong));
            int error = file.Read(offset + ((ulong)first * sizeof(ulong)), buffer.Pointer, count * sizeof(ulong));
            if (error != 0)
            {
                return error;
            }

            for (int index = 0; index < count; index++)
            {
                values[first + index] = BinaryPrimitives.ReadUInt64BigEndian(buffer.Span[(index * sizeof(ulong))..]);
            }
        }

        return 0;
    }

    /// <summary>Writes what was changed, in whole sectors. The table's last cluster is its own to the end.</summary>
    public int WriteDirty(IImageFile file)
    {
        if (!IsDirty)
        {
            return 0;
        }

        int each = Math.Max(512, file.OffsetAlignment);
        int perPiece = each / sizeof(ulong);
        using AlignedBuffer buffer = new(each);
        for (int first = firstDirty / perPiece * perPiece; first <= lastDirty; first += perPiece)
        {
            for (int index = 0; index < perPiece; index++)
            {
                ulong value = first + index < entries ? values[first + index] : 0;
                BinaryPrimitives.WriteUInt64BigEndian(buffer.Span[(index * sizeof(ulong))..], value);
            }

            int error = file.Write(offset + ((ulong)first * sizeof(ulong)), buffer.Pointer, each);
            if (error != 0)
            {
                return error;
            }
        }

        firstDirty = int.MaxValue;
        lastDirty = -1;
        return 0;
    }

    /// <summary>A larger copy at another place, all of it to be written.</summary>
    public BigEndianTable Moved(ulong newOffset, int newEntries)
    {
        BigEndianTable copy = new(newOffset, newEntries);
        values.CopyTo(copy.values, 0);
        copy.firstDirty = 0;
        copy.lastDirty = newEntries - 1;
        return copy;
    }
}
