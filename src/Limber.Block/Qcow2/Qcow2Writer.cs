using System;
using System.Threading;
using Limber.Block.Files;
using Limber.Block.Native;

namespace Limber.Block.Qcow2;

/// <summary>Writes data: in place where the cluster is the disk's own, into new clusters elsewhere.</summary>
/// <remarks>
/// <code>
///   plan (gate): clusters taken and counted, guest clusters busy
///   fill       : data and what surrounds it in the first and last cluster
///   finish (gate): tables refer to the new clusters; old ones are released
/// </code>
/// </remarks>
internal sealed unsafe class Qcow2Writer(IImageFile file, Qcow2Metadata metadata, Qcow2Store store) : IDisposable
{
    private readonly BufferPool buffers = new(128 * 1024);
    private readonly Qcow2Header header = metadata.Header;

    /// <returns>0 or an <c>errno</c>.</returns>
    public int Write(ulong offset, Piece piece)
    {
        while (piece.Length > 0)
        {
            WriteStep step;
            int error;
            lock (metadata.Gate)
            {
                error = Plan(offset, piece.Length, out step);
            }

            if (error != 0)
            {
                return error;
            }

            error = Fill(step, offset, piece.Take(step.Length));
            lock (metadata.Gate)
            {
                error = Finish(step, error);
            }

            if (error != 0)
            {
                return error;
            }

            offset += step.Length;
            piece = piece.After(step.Length);
        }

        return 0;
    }

    public void Dispose() => buffers.Dispose();

    private int Plan(ulong offset, ulong length, out WriteStep step)
    {
        ulong cluster = offset >> header.ClusterBits;
        ulong count = ((offset + length - 1) >> header.ClusterBits) - cluster + 1;
        step = new WriteStep { Cluster = cluster };
        int error = LookupIdle(cluster, count, out ClusterRun run);
        if (error != 0)
        {
            return error;
        }

        step.Before = run;
        step.Host = run.Host;
        count = run.Count;
        if (!run.IsWritable)
        {
            error = metadata.Map.Prepare(cluster);
            error = error == 0 ? Allocate(ref step, ref count) : error;
            if (error != 0)
            {
                return error;
            }

            metadata.Busy.Add(cluster, count);
            step.Allocated = count;
        }

        ulong within = offset - (cluster << header.ClusterBits);
        step.Length = Math.Min(length, (count << header.ClusterBits) - within);
        step.Entered = metadata.Frees.Enter();
        return 0;
    }

    // Clusters that another write is allocating are waited for: what they become decides what is to be done.
    private int LookupIdle(ulong cluster, ulong count, out ClusterRun run)
    {
        int error;
        while ((error = metadata.Map.Lookup(cluster, count, out run)) == 0 && metadata.Busy.Overlaps(cluster, run.Count))
        {
            _ = Monitor.Wait(metadata.Gate);
        }

        return error;
    }

    private int Allocate(ref WriteStep step, ref ulong count)
    {
        if (step.Before.Kind == ClusterKind.ZeroAllocated && step.Before.IsCopied)
        {
            step.Reuses = true;
            return 0;
        }

        ulong freshFrom = metadata.Allocator.FreshFrom;
        int error = metadata.Allocator.AllocateRun(count, out ulong first, out count);
        step.Host = first << header.ClusterBits;
        step.IsFresh = first >= freshFrom;
        return error;
    }

    private int Fill(in WriteStep step, ulong offset, in Piece piece)
    {
        ulong start = step.Cluster << header.ClusterBits;
        ulong within = offset - start;
        if (step.Allocated > 0)
        {
            ulong end = within + piece.Length;
            int error = CopyOld(step, start, 0, within);
            error = error == 0 ? CopyOld(step, start, end, step.Allocated << header.ClusterBits) : error;
            if (error != 0)
            {
                return error;
            }
        }

        return file.Write(step.Host + within, piece.List, piece.Skip, piece.Length);
    }

    /// <summary>Fills a part of new clusters with what the guest sees there so far.</summary>
    private int CopyOld(in WriteStep step, ulong start, ulong from, ulong to)
    {
        ClusterRun before = step.Before;
        bool zeros = before.ReadsZeros
            || (before.Kind == ClusterKind.Unallocated && start + from >= store.BackingCapacity);
        if (from == to || (zeros && step.IsFresh))
        {
            return 0;
        }

        int error = 0;
        AlignedBuffer buffer = buffers.Rent();
        while (from < to && error == 0)
        {
            int length = (int)Math.Min(to - from, (ulong)buffer.Length);
            BlockSegment segment = new(buffer.Pointer, (nuint)length);
            error = store.ReadRun(before, start, from, new Piece(new SegmentList(&segment, 1), 0, (ulong)length));
            error = error == 0 ? file.Write(step.Host + from, buffer.Pointer, length) : error;
            from += (ulong)length;
        }

        buffers.Return(buffer);
        return error;
    }

    private int Finish(in WriteStep step, int error)
    {
        ulong set = 0;
        for (; set < step.Allocated && error == 0; set++)
        {
            ulong host = step.Host + (set << header.ClusterBits);
            error = metadata.Map.Exchange(step.Cluster + set, host | Qcow2Entry.Copied, out ulong previous);
            if (error != 0)
            {
                break;
            }

            if (!step.Reuses)
            {
                metadata.Map.Release(previous);
            }
        }

        if (step.Allocated > 0)
        {
            if (error != 0 && !step.Reuses)
            {
                metadata.Allocator.Undo((step.Host >> header.ClusterBits) + set, step.Allocated - set);
            }

            metadata.Busy.Remove(step.Cluster, step.Allocated);
            Monitor.PulseAll(metadata.Gate);
        }

        metadata.Exit(step.Entered);
        return error;
    }
}
