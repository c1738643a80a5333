using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Block.Files;
using Limber.Block.Native;

namespace Limber.Block.Qcow2;

/// <summary>A qcow2 image as blocking calls.</summary>
/// <remarks>
/// Tables are looked up and changed under the metadata's gate; data moves outside it. A write that needs clusters marks its guest
/// clusters busy, fills the new clusters, and only then makes the tables refer to them.
/// </remarks>
internal sealed unsafe class Qcow2Store : IBlockStore
{
    private readonly IImageFile file;
    private readonly Qcow2Metadata metadata;
    private readonly Qcow2Header header;
    private readonly IBlockStore? backing;
    private readonly Qcow2Writer writer;
    private readonly Qcow2Zeroing zeroing;
    private readonly CompressedReader compressed;
    private readonly bool readOnly;
    private readonly object resizing = new();
    private ulong capacity;

    /// <summary>Takes over the file and the backing image.</summary>
    /// <exception cref="BlockImageException">The image's tables can't be read.</exception>
    public Qcow2Store(IImageFile file, Qcow2Header header, IBlockStore? backing, bool readOnly, bool discard)
    {
        this.file = file;
        this.header = header;
        this.backing = backing;
        this.readOnly = readOnly;
        metadata = new Qcow2Metadata(file, header, discard);
        compressed = new CompressedReader(file, header.ClusterBits);
        writer = new Qcow2Writer(file, metadata, this);
        zeroing = new Qcow2Zeroing(metadata, this, discard);
        capacity = header.Size & ~511UL;
        int error = metadata.Load();
        if (error == 0 && !readOnly && header.Autoclear != 0)
        {
            // Spec: features of these bits are not kept up to date here, which clearing them says.
            error = HeaderSector.Change(file, Qcow2Features.AutoclearField, stackalloc byte[sizeof(ulong)]);
            header.Autoclear = 0;
        }

        if (error != 0)
        {
            throw new BlockImageException($"Image '{file.Path}' can't be opened: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    public ulong Capacity => Volatile.Read(ref capacity);

    /// <summary>Bytes of the backing image that show; 0 without one.</summary>
    public ulong BackingCapacity => backing?.Capacity ?? 0;

    public int Read(ulong offset, SegmentList list, ulong skip, ulong length)
    {
        while (length > 0)
        {
            ClusterRun run;
            int error;
            int entered;
            ulong cluster = offset >> header.ClusterBits;
            lock (metadata.Gate)
            {
                error = metadata.Map.Lookup(cluster, ((offset + length - 1) >> header.ClusterBits) - cluster + 1, out run);
                entered = metadata.Frees.Enter();
            }

            ulong within = offset - (cluster << header.ClusterBits);
            ulong piece = Math.Min(length, (run.Count << header.ClusterBits) - Math.Min(within, run.Count << header.ClusterBits));
            error = error == 0 ? ReadRun(run, cluster << header.ClusterBits, within, new Piece(list, skip, piece)) : error;
            lock (metadata.Gate)
            {
                metadata.Exit(entered);
            }

            if (error != 0)
            {
                return error;
            }

            offset += piece;
            skip += piece;
            length -= piece;
        }

        return 0;
    }

    /// <summary>Reads from clusters that were looked up; nothing of them may be freed meanwhile.</summary>
    /// <param name="start">Guest offset of the run's first byte.</param>
    /// <param name="within">Where in the run to start.</param>
    public int ReadRun(in ClusterRun run, ulong start, ulong within, in Piece piece)
    {
        switch (run.Kind)
        {
            case ClusterKind.Data:
                return file.Read(run.Host + within, piece.List, piece.Skip, piece.Length);
            case ClusterKind.Compressed:
                return compressed.Read(run.Entry, within, piece.List, piece.Skip, piece.Length);
            case ClusterKind.Unallocated when start + within < BackingCapacity:
                ulong backed = Math.Min(piece.Length, BackingCapacity - (start + within));
                piece.List.Clear(piece.Skip + backed, piece.Length - backed);
                return backing!.Read(start + within, piece.List, piece.Skip, backed);
            default:
                piece.List.Clear(piece.Skip, piece.Length);
                return 0;
        }
    }

    public int Write(ulong offset, SegmentList list, ulong skip, ulong length) =>
        readOnly ? Posix.EROFS : writer.Write(offset, new Piece(list, skip, length));

    public int Flush()
    {
        if (readOnly)
        {
            return 0;
        }

        // Most of the waiting is for data, and done before others are kept from the tables.
        int error = file.Sync();
        if (error != 0)
        {
            return error;
        }

        lock (metadata.Gate)
        {
            return metadata.IsDirty ? metadata.Flush() : 0;
        }
    }

    public int Discard(ulong offset, ulong length) => readOnly ? Posix.EROFS : zeroing.Discard(offset, length);

    public int WriteZeroes(ulong offset, ulong length, bool mayUnmap) =>
        readOnly ? Posix.EROFS : zeroing.WriteZeroes(offset, length, mayUnmap);

    public void Resize(ulong bytes)
    {
        lock (resizing)
        {
            ResizeLocked(bytes);
        }
    }

    public void Dispose()
    {
        if (!readOnly)
        {
            // The second time writes the counts that the first made it possible to lower.
            _ = Flush();
            _ = Flush();
        }

        metadata.Dispose();
        compressed.Dispose();
        writer.Dispose();
        zeroing.Dispose();
        file.Dispose();
        backing?.Dispose();
    }

    private void ResizeLocked(ulong bytes)
    {
        ulong old = Capacity;
        if (bytes % 512 != 0 || bytes < old)
        {
            throw new BlockImageException(bytes < old
                ? $"Image '{file.Path}' has {old} bytes and can't shrink to {bytes}"
                : $"Size {bytes} of image '{file.Path}' is no multiple of 512");
        }

        if (header.Version == 2 && header.SnapshotCount > 0)
        {
            throw new BlockImageException($"Image '{file.Path}' has snapshots, which in version 2 keep it from being resized");
        }

        uint entries = Qcow2Header.L1EntriesFor(bytes, header.ClusterBits);
        if (entries > Qcow2HeaderReader.MaxL1Entries)
        {
            throw new BlockImageException(
                $"Image '{file.Path}' can't have {bytes} bytes with clusters of {header.ClusterSize}: {entries} L1 entries are more "
                + $"than {Qcow2HeaderReader.MaxL1Entries}");
        }

        if (Grow(old, bytes, entries) is var error and not 0)
        {
            throw new BlockImageException(
                $"Could not grow image '{file.Path}' to {bytes} bytes: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        Volatile.Write(ref capacity, bytes);
    }

    private int Grow(ulong old, ulong bytes, uint entries)
    {
        int error = 0;
        lock (metadata.Gate)
        {
            error = entries > header.L1Entries ? metadata.Map.GrowL1(entries) : 0;
        }

        // What lies behind the old end in its last cluster or in a longer backing file must not come to light.
        ulong clusterEnd = (old + (ulong)header.ClusterSize - 1) & ~((ulong)header.ClusterSize - 1);
        ulong hidden = Math.Min(bytes, Math.Max(clusterEnd, BackingCapacity));
        error = error == 0 && hidden > old ? zeroing.WriteZeroes(old, hidden - old, mayUnmap: true) : error;
        error = error == 0 ? Flush() : error;
        if (error != 0)
        {
            return error;
        }

        lock (metadata.Gate)
        {
            Span<byte> size = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(size, bytes);
            error = HeaderSector.Change(file, Qcow2Features.SizeField, size);
            header.Size = error == 0 ? bytes : header.Size;
            return error;
        }
    }
}
