using System;
using System.Buffers.Binary;
using Limber.Block.Files;
using Limber.Block.Native;

namespace Limber.Block.Qcow2;

/// <summary>Where the guest's clusters are: the L1 table, in memory, and L2 tables, cached by slices.</summary>
/// <remarks>Thread: under the metadata's gate.</remarks>
internal sealed unsafe class ClusterMap(
    IImageFile file, Qcow2Header header, MetadataCache cache, ClusterAllocator allocator, DeferredFrees frees)
{
    private readonly int entryBits = header.ClusterBits - 3;
    private BigEndianTable l1 = new(header.L1Offset, (int)header.L1Entries);

    public bool IsL1Dirty => l1.IsDirty;

    public int Load() => l1.Load(file);

    public int WriteL1() => l1.WriteDirty(file);

    /// <summary>Describes clusters from <paramref name="cluster"/> on, as many as are alike.</summary>
    /// <returns>0, or <c>EIO</c> if a table holds what can't be.</returns>
    public int Lookup(ulong cluster, ulong max, out ClusterRun run)
    {
        run = default;
        int error = FindTable(cluster, out ulong table, out _);
        if (error != 0)
        {
            return error;
        }

        ulong inTable = cluster & ((1UL << entryBits) - 1);
        if (table == 0)
        {
            run = new ClusterRun(ClusterKind.Unallocated, 0, Math.Min(max, (1UL << entryBits) - inTable), false, 0);
            return 0;
        }

        error = LoadEntry(table, inTable, out ulong* entry, out _, out int leftInSlice);
        error = error == 0 ? Decode(Host(*entry), out run) : error;
        if (error != 0 || run.Kind == ClusterKind.Compressed)
        {
            return error;
        }

        ulong count = 1;
        ulong step = run.Host == 0 ? 0 : (ulong)header.ClusterSize;
        for (int index = 1; index < leftInSlice && count < max; index++, count++)
        {
            if (Decode(Host(entry[index]), out ClusterRun next) != 0
                || next.Kind != run.Kind || next.IsCopied != run.IsCopied || next.Host != run.Host + (count * step))
            {
                break;
            }
        }

        run = run with { Count = count };
        return 0;
    }

    /// <summary>Makes the L2 table of a cluster exist and belong to this disk alone, so that entries can be set.</summary>
    public int Prepare(ulong cluster)
    {
        int error = FindTable(cluster, out ulong table, out bool copied);
        if (error != 0 || (table != 0 && copied))
        {
            return error;
        }

        error = allocator.AllocateRun(1, out ulong first, out _);
        if (error != 0)
        {
            return error;
        }

        ulong size = (ulong)header.ClusterSize;
        ulong offset = first << header.ClusterBits;
        cache.Drop(offset, size);
        using AlignedBuffer content = new(header.ClusterSize);

        // A table that a snapshot shares has no changes in memory: it is copied before the first.
        error = table != 0 ? file.Read(table, content.Pointer, content.Length) : 0;
        error = error == 0 ? file.Write(offset, content.Pointer, content.Length) : error;
        if (error != 0)
        {
            allocator.Undo(first, 1);
            return error;
        }

        l1[(int)(cluster >> entryBits)] = offset | Qcow2Entry.Copied;
        if (table != 0)
        {
            cache.Drop(table, size);
            frees.Add(table >> header.ClusterBits, 1);
        }

        return 0;
    }

    /// <summary>Replaces an entry of a table that was prepared.</summary>
    /// <returns>0, or an <c>errno</c> with the entry as it was.</returns>
    public int Exchange(ulong cluster, ulong value, out ulong previous)
    {
        previous = 0;
        int error = FindTable(cluster, out ulong table, out bool copied);
        if (error != 0 || table == 0 || !copied)
        {
            return error != 0 ? error : Posix.EIO;
        }

        error = LoadEntry(table, cluster & ((1UL << entryBits) - 1), out ulong* entry, out int slot, out _);
        if (error == 0)
        {
            previous = Host(*entry);
            *entry = Host(value);
            cache.MarkDirty(slot);
        }

        return error;
    }

    /// <summary>The clusters of the file that an entry refers to are one reference poorer.</summary>
    public void Release(ulong entry)
    {
        if ((entry & Qcow2Entry.Compressed) != 0)
        {
            (ulong offset, int length) = Qcow2Entry.CompressedRange(entry, header.ClusterBits);
            ulong first = offset >> header.ClusterBits;
            ulong last = (offset + (ulong)length - 1) >> header.ClusterBits;
            frees.Add(first, last - first + 1);
        }
        else if ((entry & Qcow2Entry.OffsetMask) is var host and not 0)
        {
            frees.Add(host >> header.ClusterBits, 1);
        }
    }

    /// <summary>Moves the L1 table to where it can be longer.</summary>
    public int GrowL1(uint entries)
    {
        ulong clusters = (((ulong)entries * sizeof(ulong)) + (ulong)header.ClusterSize - 1) >> header.ClusterBits;
        int error = allocator.AllocateContiguous(clusters, out ulong first);
        if (error != 0)
        {
            return error;
        }

        BigEndianTable grown = l1.Moved(first << header.ClusterBits, (int)entries);
        error = grown.WriteDirty(file);
        error = error == 0 ? file.Sync() : error;
        error = error == 0 ? Publish(grown) : error;
        if (error != 0)
        {
            allocator.Undo(first, clusters);
            return error;
        }

        ulong oldBytes = (ulong)l1.Count * sizeof(ulong);
        frees.Add(l1.Offset >> header.ClusterBits, (oldBytes + (ulong)header.ClusterSize - 1) >> header.ClusterBits);
        l1 = grown;
        return 0;
    }

    private static ulong Host(ulong entry) => BinaryPrimitives.ReverseEndianness(entry);

    private int Publish(BigEndianTable grown)
    {
        // Spec: entries (4 bytes) and offset (8 bytes) are neighbours in one sector, which is written at once.
        Span<byte> fields = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(fields, (uint)grown.Count);
        BinaryPrimitives.WriteUInt64BigEndian(fields[4..], grown.Offset);
        int error = HeaderSector.Change(file, Qcow2Features.L1SizeField, fields);
        if (error == 0)
        {
            header.L1Entries = (uint)grown.Count;
            header.L1Offset = grown.Offset;
        }

        return error;
    }

    private int FindTable(ulong cluster, out ulong table, out bool copied)
    {
        table = 0;
        copied = false;
        ulong index = cluster >> entryBits;
        if (index >= (ulong)l1.Count)
        {
            return Posix.EIO;
        }

        ulong entry = l1[(int)index];
        table = entry & Qcow2Entry.OffsetMask;
        copied = (entry & Qcow2Entry.Copied) != 0;
        return table != 0 && IsImpossible(table) ? Posix.EIO : 0;
    }

    private int LoadEntry(ulong table, ulong index, out ulong* entry, out int slot, out int leftInSlice)
    {
        int perSlice = cache.SliceLength / sizeof(ulong);
        ulong slice = index / (ulong)perSlice;
        int inSlice = (int)(index % (ulong)perSlice);
        int error = cache.Load(table + (slice * (ulong)cache.SliceLength), out byte* data, out slot);
        entry = (ulong*)data + inSlice;
        leftInSlice = perSlice - inSlice;
        return error;
    }

    private int Decode(ulong entry, out ClusterRun run)
    {
        if ((entry & Qcow2Entry.Compressed) != 0)
        {
            run = new ClusterRun(ClusterKind.Compressed, 0, 1, false, entry);
            return 0;
        }

        ulong host = entry & Qcow2Entry.OffsetMask;
        bool zero = header.Version >= 3 && (entry & Qcow2Entry.Zero) != 0;
        ClusterKind kind = (zero, host) switch
        {
            (true, 0) => ClusterKind.Zero,
            (true, _) => ClusterKind.ZeroAllocated,
            (false, 0) => ClusterKind.Unallocated,
            _ => ClusterKind.Data,
        };
        run = new ClusterRun(kind, host, 1, host != 0 && (entry & Qcow2Entry.Copied) != 0, entry);
        return host != 0 && IsImpossible(host) ? Posix.EIO : 0;
    }

    private bool IsImpossible(ulong host) =>
        (host & ((ulong)header.ClusterSize - 1)) != 0 || header.IsProtected(host, (ulong)header.ClusterSize);
}
