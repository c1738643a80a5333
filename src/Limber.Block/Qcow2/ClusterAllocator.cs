using System;
using Limber.Block.Files;
using Limber.Block.Native;

namespace Limber.Block.Qcow2;

/// <summary>Finds free clusters and counts them as used.</summary>
/// <remarks>Thread: under the metadata's gate.</remarks>
internal sealed class ClusterAllocator(
    IImageFile file, Qcow2Header header, RefcountTable refcounts, DeferredFrees frees, Func<ulong, ulong, bool> isMetadata)
{
    // An allocation looks at so many clusters in use before it takes one from the end of the file; the next goes on where it
    // stopped. A hostile image could make a full search last minutes.
    private const int SearchBudget = 1 << 16;
    private ulong hint;
    private ulong deviceLength;

    /// <summary>A cluster at or after the returned one lay beyond the file's end and reads as zeros.</summary>
    public ulong FreshFrom => file.IsBlockDevice ? ulong.MaxValue : refcounts.Top;

    /// <summary>A cluster became free.</summary>
    public void Freed(ulong cluster) => hint = Math.Min(hint, cluster);

    /// <summary>Takes up to <paramref name="wanted"/> clusters in a row, at least one.</summary>
    /// <returns>0, or an <c>errno</c> with nothing taken.</returns>
    public int AllocateRun(ulong wanted, out ulong first, out ulong count)
    {
        count = 0;
        int error = FindFree(out first);
        if (error != 0)
        {
            return error;
        }

        while (count < wanted && error == 0)
        {
            ulong next = first + count;
            if (!refcounts.HasBlock(next) || IsBeyondDevice(next))
            {
                break;
            }

            error = refcounts.Get(next, out ulong used);
            if (error != 0 || used != 0)
            {
                break;
            }

            count++;
        }

        return error != 0 ? error : Take(first, count);
    }

    /// <summary>Takes exactly so many clusters in a row, from the end of the file.</summary>
    public int AllocateContiguous(ulong wanted, out ulong first)
    {
        first = refcounts.Top;
        ulong count = 0;
        while (count < wanted)
        {
            ulong next = first + count;
            if (IsBeyondDevice(next))
            {
                return Posix.ENOSPC;
            }

            int error = refcounts.EnsureBlock(next, frees, out bool taken);
            ulong used = 0;
            error = error == 0 && !taken ? refcounts.Get(next, out used) : error;
            if (error != 0)
            {
                return error;
            }

            if (taken || used != 0)
            {
                first = Math.Max(next + 1, taken ? refcounts.Top : 0);
                count = 0;
                continue;
            }

            count++;
        }

        return Take(first, wanted);
    }

    /// <summary>Gives clusters back that nothing ever referred to.</summary>
    public void Undo(ulong first, ulong count)
    {
        for (ulong index = 0; index < count; index++)
        {
            // A failure leaves the cluster allocated: space lost, nothing worse.
            if (refcounts.Set(first + index, 0) == 0)
            {
                Freed(first + index);
            }
        }
    }

    private int FindFree(out ulong cluster)
    {
        int budget = SearchBudget;
        for (cluster = hint; cluster < refcounts.Top; cluster++)
        {
            int error = TryCandidate(ref cluster, out bool free);
            if (error != 0 || free)
            {
                hint = cluster;
                return error;
            }

            if (--budget <= 0 && !file.IsBlockDevice)
            {
                cluster++;
                break;
            }
        }

        hint = cluster;
        for (cluster = refcounts.Top, budget = SearchBudget; budget > 0; cluster++, budget--)
        {
            int error = TryCandidate(ref cluster, out bool free);
            if (error != 0 || free)
            {
                return error;
            }
        }

        return Posix.EIO;
    }

    private int TryCandidate(ref ulong cluster, out bool free)
    {
        free = false;
        if (IsBeyondDevice(cluster))
        {
            return Posix.ENOSPC;
        }

        int error = refcounts.Get(cluster, out ulong used);
        if (error != 0 || used != 0)
        {
            return error;
        }

        ulong top = refcounts.Top;
        error = refcounts.EnsureBlock(cluster, frees, out bool taken);
        if (taken && refcounts.Top > Math.Max(top, cluster + 1))
        {
            // The table has moved to the end of the file; go on behind it.
            cluster = refcounts.Top - 1;
        }

        free = error == 0 && !taken;
        return error;
    }

    private bool IsBeyondDevice(ulong cluster)
    {
        ulong end = (cluster + 1) << header.ClusterBits;
        if (!file.IsBlockDevice || end <= deviceLength)
        {
            return false;
        }

        // A volume may be grown while it is in use.
        deviceLength = file.Length;
        return end > deviceLength;
    }

    // Counts that call metadata free are wrong: writing there would destroy the image.
    private int Take(ulong first, ulong count)
    {
        ulong offset = first << header.ClusterBits;
        ulong length = count << header.ClusterBits;
        if (count == 0 || offset > Qcow2Entry.OffsetMask - length)
        {
            return Posix.EFBIG;
        }

        if (header.IsProtected(offset, length) || isMetadata(offset, length))
        {
            return Posix.EIO;
        }

        for (ulong index = 0; index < count; index++)
        {
            int error = refcounts.Set(first + index, 1);
            if (error != 0)
            {
                Undo(first, index);
                return error;
            }
        }

        return 0;
    }
}
