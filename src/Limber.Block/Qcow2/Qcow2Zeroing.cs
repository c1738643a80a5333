using System;
using System.Threading;
using Limber.Block.Files;

namespace Limber.Block.Qcow2;

/// <summary>Discards and writes of zeros: whole clusters by their table entries, the rest as data.</summary>
internal sealed unsafe class Qcow2Zeroing(Qcow2Metadata metadata, Qcow2Store store, bool discard) : IDisposable
{
    private readonly AlignedBuffer zeros = new(64 * 1024);
    private readonly Qcow2Header header = metadata.Header;

    private enum Purpose
    {
        Discard,

        /// <summary>Zeros; the clusters may go.</summary>
        Unmap,

        /// <summary>Zeros; clusters stay reserved.</summary>
        Keep,
    }

    private bool CanFlagZeros => header.Version >= 3;

    /// <returns>0 or an <c>errno</c>.</returns>
    public int Discard(ulong offset, ulong length)
    {
        (ulong first, ulong end) = WholeClusters(offset, length);
        int error = 0;
        while (discard && first < end && error == 0)
        {
            error = Change(ref first, end, Purpose.Discard, out _);
        }

        return error;
    }

    public int WriteZeroes(ulong offset, ulong length, bool mayUnmap)
    {
        (ulong first, ulong end) = WholeClusters(offset, length);
        if (first >= end)
        {
            return WriteData(offset, offset + length);
        }

        int error = WriteData(offset, first << header.ClusterBits);
        while (first < end && error == 0)
        {
            ulong from = first;
            error = Change(ref first, end, mayUnmap && discard ? Purpose.Unmap : Purpose.Keep, out bool asData);
            if (error == 0 && asData)
            {
                error = WriteData(from << header.ClusterBits, Math.Min(first << header.ClusterBits, offset + length));
            }
        }

        ulong whole = Math.Min(end << header.ClusterBits, offset + length);
        return error == 0 ? WriteData(whole, offset + length) : error;
    }

    public void Dispose() => zeros.Dispose();

    // The image's last cluster counts as whole if the range reaches the image's end. While the image grows, the range lies
    // behind that end: it ends at a cluster or is data.
    private (ulong First, ulong End) WholeClusters(ulong offset, ulong length)
    {
        ulong mask = (ulong)header.ClusterSize - 1;
        ulong end = offset + length;
        end = end == store.Capacity ? (end + mask) & ~mask : end;
        return ((offset + mask) >> header.ClusterBits, end >> header.ClusterBits);
    }

    /// <summary>Changes the entries of clusters that are alike, from <paramref name="first"/> on, and moves it behind them.</summary>
    /// <param name="asData">Their entries can't say zero: zeros are to be written.</param>
    private int Change(ref ulong first, ulong end, Purpose purpose, out bool asData)
    {
        asData = false;
        lock (metadata.Gate)
        {
            int error = metadata.RelieveFrees();
            ClusterRun run = default;
            while (error == 0 && (error = metadata.Map.Lookup(first, end - first, out run)) == 0
                && metadata.Busy.Overlaps(first, run.Count))
            {
                _ = Monitor.Wait(metadata.Gate);
            }

            if (error != 0)
            {
                return error;
            }

            bool isBacked = first << header.ClusterBits < store.BackingCapacity;
            if (!NeedsChange(run, purpose, isBacked))
            {
                first += run.Count;
                return 0;
            }

            asData = purpose != Purpose.Discard && !CanFlagZeros && (isBacked || purpose == Purpose.Keep);
            if (asData)
            {
                first += run.Count;
                return 0;
            }

            return SetEntries(ref first, run, purpose, isBacked);
        }
    }

    private bool NeedsChange(in ClusterRun run, Purpose purpose, bool isBacked) => (run.Kind, purpose) switch
    {
        (ClusterKind.Zero, _) => false,
        (ClusterKind.ZeroAllocated, Purpose.Keep) => false,
        (ClusterKind.Unallocated, Purpose.Discard) => false,
        (ClusterKind.Unallocated, _) => isBacked,

        // Without the zero flag old data of the backing file would come to light: allowed, but no good.
        (_, Purpose.Discard) => CanFlagZeros || !isBacked,
        _ => true,
    };

    private int SetEntries(ref ulong first, in ClusterRun run, Purpose purpose, bool isBacked)
    {
        int error = metadata.Map.Prepare(first);
        bool keeps = purpose == Purpose.Keep && run.IsWritable;
        for (ulong index = 0; index < run.Count && error == 0; index++)
        {
            ulong entry = keeps
                ? (run.Host + (index << header.ClusterBits)) | Qcow2Entry.Copied | Qcow2Entry.Zero
                : isBacked ? Qcow2Entry.Zero : 0;
            error = metadata.Map.Exchange(first, entry, out ulong previous);
            if (error != 0)
            {
                break;
            }

            if (!keeps)
            {
                metadata.Map.Release(previous);
            }

            first++;
        }

        return error;
    }

    private int WriteData(ulong from, ulong to)
    {
        int error = 0;
        while (from < to && error == 0)
        {
            ClusterRun run;
            ulong cluster = from >> header.ClusterBits;
            lock (metadata.Gate)
            {
                error = metadata.Map.Lookup(cluster, 1, out run);
            }

            ulong clusterEnd = Math.Min(to, (cluster + 1) << header.ClusterBits);
            int piece = (int)Math.Min(clusterEnd - from, (ulong)zeros.Length);
            bool already = run.ReadsZeros || (run.Kind == ClusterKind.Unallocated && from >= store.BackingCapacity);
            if (error == 0 && !already)
            {
                error = store.Write(from, zeros.Pointer, piece);
            }

            from += (ulong)piece;
        }

        return error;
    }
}
