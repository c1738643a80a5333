using System;
using System.Threading;
using Limber.Memory;

namespace Limber.VirtioConsole.Balloon;

/// <summary>Gives pages of guest RAM back to the host, in runs as long as the guest names them in order.</summary>
/// <remarks>
/// Guest-controlled: the page numbers. Whatever they are, only RAM of the guest is discarded, whole pages of it, and the guest
/// finds zeros there afterwards.
/// Thread: the loop's; <see cref="Counters"/> any. Allocates nothing.
/// </remarks>
internal sealed class PageReleaser
{
    public const int PageShift = 12;
    public const ulong PageSize = 1UL << PageShift;

    private volatile bool isInhibited;
    private GuestMemory? memory;
    private ulong runStart;
    private ulong runPages;
    private long releasedBytes;
    private long ignoredPages;
    private long refusedRanges;

    /// <summary>True while the host must keep all pages, as devices reach them without asking.</summary>
    public bool IsInhibited
    {
        get => isInhibited;
        set => isInhibited = value;
    }

    public BalloonCounters Counters =>
        new(Interlocked.Read(ref releasedBytes), Interlocked.Read(ref ignoredPages), Interlocked.Read(ref refusedRanges));

    /// <summary>Begins one piece of work on the memory as it is now; it ends with <see cref="Flush"/>.</summary>
    public void Begin(GuestMemory current) => memory = current;

    /// <summary>Adds a page to those that go.</summary>
    /// <param name="page">Number of the page, in units of 4 KiB; 32 bits, so its address can't overflow.</param>
    public void Add(uint page)
    {
        // Linux names pages as its allocator gives them, upwards or downwards.
        if (runPages != 0 && page == runStart + runPages)
        {
            runPages++;
        }
        else if (runPages != 0 && page + 1UL == runStart)
        {
            runStart = page;
            runPages++;
        }
        else
        {
            ReleaseRun();
            runStart = page;
            runPages = 1;
        }
    }

    /// <summary>Releases what was added.</summary>
    public void Flush()
    {
        ReleaseRun();
        memory = null;
    }

    /// <summary>Releases the whole pages of a piece of memory that a chain translated; it lies within one region.</summary>
    public void Release(GuestMemory current, nint host, ulong length)
    {
        foreach (GuestMemoryRegion region in current.Regions)
        {
            nint start = region.Mapping.Address;
            if (host < start || (ulong)(host - start) >= region.Range.Length)
            {
                continue;
            }

            ulong offset = (ulong)(host - start);
            ulong end = offset + Math.Min(length, region.Range.Length - offset);
            ulong first = (offset + PageSize - 1) & ~(PageSize - 1);
            ulong last = end & ~(PageSize - 1);
            if (first < last)
            {
                Discard(region, first, last - first);
            }

            return;
        }
    }

    private void ReleaseRun()
    {
        ulong address = runStart << PageShift;
        ulong left = runPages << PageShift;
        runPages = 0;
        while (left != 0)
        {
            (GuestMemoryRegion? region, ulong reach) = Find(address, left);
            if (region is null)
            {
                Interlocked.Add(ref ignoredPages, (long)(reach >> PageShift));
            }
            else
            {
                Discard(region, address - region.Range.Start.Value, reach);
            }

            address += reach;
            left -= reach;
        }
    }

    /// <summary>The region with this address, or null in a hole; and how far it, or the hole, reaches, in whole pages.</summary>
    private (GuestMemoryRegion? Region, ulong Reach) Find(ulong address, ulong limit)
    {
        foreach (GuestMemoryRegion region in memory!.Regions)
        {
            ulong start = region.Range.Start.Value;
            if (address < start)
            {
                return (null, Math.Min(limit, AlignUp(start - address)));
            }

            ulong offset = address - start;
            if (offset < region.Range.Length)
            {
                // A region that ends within a page keeps that page: it can't be released whole.
                ulong whole = (region.Range.Length - offset) & ~(PageSize - 1);
                return whole == 0 ? (null, PageSize) : (region, Math.Min(limit, whole));
            }
        }

        return (null, limit);
    }

    private void Discard(GuestMemoryRegion region, ulong offset, ulong length)
    {
        if (IsInhibited)
        {
            return;
        }

        if (region.TryDiscard(offset, length))
        {
            Interlocked.Add(ref releasedBytes, (long)length);
        }
        else
        {
            Interlocked.Increment(ref refusedRanges);
        }
    }

    private static ulong AlignUp(ulong length) => (length + PageSize - 1) & ~(PageSize - 1);
}
