using System;
using System.Buffers.Binary;
using Limber.Block.Files;
using Limber.Block.Native;

namespace Limber.Block.Qcow2;

/// <summary>How often each cluster of the file is referred to.</summary>
/// <remarks>
/// <code>
///   refcount table (in memory) =&gt; refcount blocks, a cluster each (cached by slices) =&gt; counts of 1 to 64 bits
/// </code>
/// Thread: under the metadata's gate.
/// </remarks>
internal sealed unsafe class RefcountTable(IImageFile file, Qcow2Header header, MetadataCache cache)
{
    private readonly int blockBits = header.RefcountBlockBits;
    private BigEndianTable table = new(
        header.RefcountTableOffset, (int)(header.RefcountTableClusters << header.ClusterBits) / sizeof(ulong));

    /// <summary>No cluster from this one on was ever in use, as far as the file's length tells.</summary>
    public ulong Top { get; private set; } = (file.Length + (ulong)header.ClusterSize - 1) >> header.ClusterBits;

    public bool IsTableDirty => table.IsDirty;

    private ulong MaxCount => header.RefcountOrder == 6 ? ulong.MaxValue : (1UL << (1 << header.RefcountOrder)) - 1;

    public int Load() => table.Load(file);

    public int WriteTable() => table.WriteDirty(file);

    /// <returns>0 or an <c>errno</c>.</returns>
    public int Get(ulong cluster, out ulong count)
    {
        count = 0;
        int error = Find(cluster, out byte* slice, out _, out int bit);
        if (error == 0 && slice != null)
        {
            count = ReadCount(slice, bit);
        }

        return error;
    }

    /// <summary>Stores a count; the cluster's block must exist.</summary>
    public int Set(ulong cluster, ulong count)
    {
        int error = Find(cluster, out byte* slice, out int slot, out int bit);
        if (error != 0 || slice == null || count > MaxCount)
        {
            return error != 0 ? error : Posix.EIO;
        }

        WriteCount(slice, bit, count);
        cache.MarkDirty(slot);
        Top = count > 0 ? Math.Max(Top, cluster + 1) : Top;
        return 0;
    }

    public bool HasBlock(ulong cluster) =>
        cluster >> blockBits < (ulong)table.Count && table[(int)(cluster >> blockBits)] != 0;

    /// <summary>Makes the block that counts a free cluster, of that very cluster, if it is missing.</summary>
    /// <param name="taken">The cluster was used for it, or the table has moved there: look for another.</param>
    public int EnsureBlock(ulong cluster, DeferredFrees frees, out bool taken)
    {
        taken = false;
        ulong region = cluster >> blockBits;
        if (region >= (ulong)table.Count)
        {
            taken = true;
            return Grow(region + 1, frees);
        }

        if (table[(int)region] != 0)
        {
            return 0;
        }

        taken = true;
        int error = MakeBlock(cluster);
        if (error == 0)
        {
            table[(int)region] = cluster << header.ClusterBits;
            error = Set(cluster, 1);
        }

        return error;
    }

    private int Find(ulong cluster, out byte* slice, out int slot, out int bit)
    {
        slice = null;
        slot = -1;
        bit = 0;
        ulong region = cluster >> blockBits;
        ulong block = region < (ulong)table.Count ? table[(int)region] & Qcow2Entry.RefcountOffsetMask : 0;
        if (block == 0)
        {
            return 0;
        }

        ulong size = (ulong)header.ClusterSize;
        if ((block & (size - 1)) != 0 || block > Qcow2Entry.OffsetMask || header.IsProtected(block, size))
        {
            return Posix.EIO;
        }

        ulong position = (cluster & ((1UL << blockBits) - 1)) << header.RefcountOrder;
        ulong sliceBits = (ulong)cache.SliceLength * 8;
        bit = (int)(position % sliceBits);
        return cache.Load(block + (position / sliceBits * (ulong)cache.SliceLength), out slice, out slot);
    }

    private ulong ReadCount(byte* slice, int bit)
    {
        byte* at = slice + (bit / 8);
        return header.RefcountOrder switch
        {
            < 3 => (uint)(*at >> (bit % 8)) & MaxCount,
            3 => *at,
            4 => BinaryPrimitives.ReverseEndianness(*(ushort*)at),
            5 => BinaryPrimitives.ReverseEndianness(*(uint*)at),
            _ => BinaryPrimitives.ReverseEndianness(*(ulong*)at),
        };
    }

    private void WriteCount(byte* slice, int bit, ulong count)
    {
        byte* at = slice + (bit / 8);
        switch (header.RefcountOrder)
        {
            case < 3:
                *at = (byte)((*at & ~((int)MaxCount << (bit % 8))) | ((int)count << (bit % 8)));
                break;
            case 3:
                *at = (byte)count;
                break;
            case 4:
                *(ushort*)at = BinaryPrimitives.ReverseEndianness((ushort)count);
                break;
            case 5:
                *(uint*)at = BinaryPrimitives.ReverseEndianness((uint)count);
                break;
            default:
                *(ulong*)at = BinaryPrimitives.ReverseEndianness(count);
                break;
        }
    }

    private int MakeBlock(ulong cluster)
    {
        ulong offset = cluster << header.ClusterBits;
        cache.Drop(offset, (ulong)header.ClusterSize);
        using AlignedBuffer zeros = new(header.ClusterSize);
        Top = Math.Max(Top, cluster + 1);
        return file.Write(offset, zeros.Pointer, header.ClusterSize);
    }

    // The new table lies right behind what the old one covers, after the blocks that count it: nothing there can be in use, and
    // no allocation is needed to make room for an allocation. Only the last step makes it valid.
    private int Grow(ulong neededRegions, DeferredFrees frees)
    {
        ulong entries = Math.Max(neededRegions, (ulong)table.Count * 2);
        ulong start = (ulong)table.Count << blockBits;
        (ulong clusters, ulong blocks) = Layout(ref entries);
        if (entries * sizeof(ulong) > Qcow2HeaderReader.MaxRefcountTableBytes)
        {
            return Posix.EFBIG;
        }

        // What the tables say so far is on the disk first: a flush in between, which the cache may need to make room, must not
        // believe that entries were written which only the unpublished table has.
        BigEndianTable old = table;
        int error = cache.WriteDirty();
        error = error == 0 && old.IsDirty ? file.Sync() : error;
        error = error == 0 ? old.WriteDirty(file) : error;
        if (error != 0)
        {
            return error;
        }

        BigEndianTable grown = old.Moved((start + blocks) << header.ClusterBits, (int)entries);
        for (ulong block = 0; block < blocks && error == 0; block++)
        {
            grown[old.Count + (int)block] = (start + block) << header.ClusterBits;
            error = MakeBlock(start + block);
        }

        table = grown;
        for (ulong cluster = start; cluster < start + blocks + clusters && error == 0; cluster++)
        {
            error = Set(cluster, 1);
        }

        error = error == 0 ? cache.WriteDirty() : error;
        error = error == 0 ? grown.WriteDirty(file) : error;
        error = error == 0 ? file.Sync() : error;
        error = error == 0 ? Publish(grown, clusters) : error;
        if (error != 0)
        {
            cache.Drop(start << header.ClusterBits, blocks << header.ClusterBits);
            table = old;
            return error;
        }

        frees.Add(old.Offset >> header.ClusterBits, (ulong)old.Count * sizeof(ulong) >> header.ClusterBits);
        return 0;
    }

    // The table's length in clusters, and the blocks needed to count those and themselves.
    private (ulong Clusters, ulong Blocks) Layout(ref ulong entries)
    {
        ulong blocks = 1;
        while (true)
        {
            ulong minimum = Math.Max(entries, (ulong)table.Count + blocks);
            ulong clusters = ((minimum * sizeof(ulong)) + (ulong)header.ClusterSize - 1) >> header.ClusterBits;
            ulong counted = (clusters + blocks + (1UL << blockBits) - 1) >> blockBits;
            if (counted <= blocks)
            {
                entries = (clusters << header.ClusterBits) / sizeof(ulong);
                return (clusters, blocks);
            }

            blocks = counted;
        }
    }

    private int Publish(BigEndianTable grown, ulong clusters)
    {
        // Spec: offset (8 bytes) and length in clusters (4 bytes) are neighbours in one sector, which is written at once.
        Span<byte> fields = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(fields, grown.Offset);
        BinaryPrimitives.WriteUInt32BigEndian(fields[8..], (uint)clusters);
        int error = HeaderSector.Change(file, Qcow2Features.RefcountTableOffsetField, fields);
        if (error == 0)
        {
            header.RefcountTableOffset = grown.Offset;
            header.RefcountTableClusters = (uint)clusters;
        }

        return error;
    }
}
