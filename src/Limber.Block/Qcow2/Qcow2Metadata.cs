using System;
using System.Threading;
using Limber.Block.Files;

namespace Limber.Block.Qcow2;

/// <summary>All tables of an image and the order in which their changes reach the disk.</summary>
/// <remarks>
/// Everything is done under <see cref="Gate"/>, which nothing else is taken under.
/// <para>
/// Invariant: on the disk no table refers to a cluster whose count is zero, or whose content was not written. Counts rise before
/// the reference is written and fall after it is gone; a crash in between loses space, never data.
/// </para>
/// </remarks>
internal sealed class Qcow2Metadata : IDisposable
{
    private const int MaxSlice = 4096;
    private const int L2Slices = 256;
    private const int RefcountSlices = 64;
    private readonly IImageFile file;
    private readonly MetadataCache l2Cache;
    private readonly MetadataCache refcountCache;
    private readonly bool punchFreed;
    private bool applying;

    /// <param name="punchFreed">Space of freed clusters goes back to the host.</param>
    public Qcow2Metadata(IImageFile file, Qcow2Header header, bool punchFreed)
    {
        this.file = file;
        this.punchFreed = punchFreed;
        Header = header;
        int slice = Math.Min(header.ClusterSize, MaxSlice);
        l2Cache = new MetadataCache(file, slice, L2Slices, Flush);
        refcountCache = new MetadataCache(file, slice, RefcountSlices, Flush);
        Refcounts = new RefcountTable(file, header, refcountCache);
        Allocator = new ClusterAllocator(file, header, Refcounts, Frees, (offset, length) =>
            l2Cache.Holds(offset, length) || refcountCache.Holds(offset, length));
        Map = new ClusterMap(file, header, l2Cache, Allocator, Frees);
    }

    public object Gate { get; } = new();

    public Qcow2Header Header { get; }

    public RefcountTable Refcounts { get; }

    public ClusterAllocator Allocator { get; }

    public ClusterMap Map { get; }

    public DeferredFrees Frees { get; } = new();

    public BusyClusters Busy { get; } = new();

    /// <summary>Something has changed that is not on the disk.</summary>
    public bool IsDirty =>
        Refcounts.IsTableDirty || refcountCache.HasDirty || l2Cache.HasDirty || Map.IsL1Dirty || Frees.HasPending;

    /// <returns>0 or an <c>errno</c>.</returns>
    public int Load()
    {
        int error = Refcounts.Load();
        return error != 0 ? error : Map.Load();
    }

    /// <summary>Makes all changes durable. After an error what was not written is still to be written.</summary>
    public int Flush()
    {
        bool tables = l2Cache.HasDirty || Map.IsL1Dirty;
        int error = refcountCache.WriteDirty();
        if (error == 0 && Refcounts.IsTableDirty)
        {
            // A refcount block is on the disk before the table refers to it.
            error = file.Sync();
            error = error == 0 ? Refcounts.WriteTable() : error;
        }

        if (error == 0 && tables)
        {
            // Counts and the clusters' data are on the disk before an L2 entry refers to them, and L2 tables before the L1 table.
            error = file.Sync();
            error = error == 0 ? l2Cache.WriteDirty() : error;
            if (error == 0 && Map.IsL1Dirty)
            {
                error = file.Sync();
                error = error == 0 ? Map.WriteL1() : error;
            }
        }

        error = error == 0 ? file.Sync() : error;
        if (error == 0)
        {
            Frees.Rotate();
            ApplyFrees();
        }

        return error;
    }

    /// <summary>Ends I/O that was entered, and lowers counts that waited for it.</summary>
    public void Exit(int entered)
    {
        Frees.Exit(entered);
        if (Frees.HasReady)
        {
            ApplyFrees();
            Monitor.PulseAll(Gate);
        }
    }

    /// <summary>Makes room for more frees if many wait. Called by a thread that has entered no I/O.</summary>
    /// <returns>0 or an <c>errno</c>.</returns>
    public int RelieveFrees()
    {
        if (!Frees.IsCrowded)
        {
            return 0;
        }

        while (Frees.HasReady && !Frees.IsReady)
        {
            _ = Monitor.Wait(Gate);
        }

        ApplyFrees();

        return Flush();
    }

    public void Dispose()
    {
        l2Cache.Dispose();
        refcountCache.Dispose();
    }

    private void ApplyFrees()
    {
        // Lowering counts may itself make room in the cache by a flush, which ends here.
        if (applying)
        {
            return;
        }

        applying = true;
        while (Frees.IsReady && Frees.TakeReady(out ulong first, out ulong count))
        {
            ulong freeFrom = 0;
            ulong free = 0;
            for (ulong cluster = first; cluster < first + count; cluster++)
            {
                bool isFree = Lower(cluster);
                if (!isFree)
                {
                    Punch(freeFrom, free);
                }

                freeFrom = free == 0 ? cluster : freeFrom;
                free = isFree ? free + 1 : 0;
            }

            Punch(freeFrom, free);
        }

        applying = false;
    }

    // A count that can't be read or is zero already stays: the cluster is lost at worst.
    private bool Lower(ulong cluster)
    {
        if (Refcounts.Get(cluster, out ulong count) != 0 || count == 0 || Refcounts.Set(cluster, count - 1) != 0 || count > 1)
        {
            return false;
        }

        Allocator.Freed(cluster);
        return true;
    }

    private void Punch(ulong first, ulong count)
    {
        if (punchFreed && count > 0)
        {
            _ = file.Discard(first << Header.ClusterBits, count << Header.ClusterBits);
        }
    }
}
