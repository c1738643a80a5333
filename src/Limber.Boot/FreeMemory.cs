using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>
/// The RAM that is still free while a machine is loaded. Every range lies within one region of guest memory,
/// so what is placed here is contiguous on the host as well. Cold path: a handful of ranges.
/// </summary>
internal sealed class FreeMemory
{
    private List<GuestRange> ranges;

    private FreeMemory(List<GuestRange> ranges) => this.ranges = ranges;

    /// <summary>Ascending and disjoint; none is empty.</summary>
    public IReadOnlyList<GuestRange> Ranges => ranges;

    /// <summary>What is both RAM in the map and backed by memory.</summary>
    public static FreeMemory For(E820Map map, GuestMemory memory)
    {
        List<GuestRange> ranges = [];
        foreach (E820Entry entry in map.Entries)
        {
            if (entry.Type != E820Type.Ram)
            {
                continue;
            }

            foreach (GuestMemoryRegion region in memory.Regions.Where(region => region.Range.Overlaps(entry.Range)))
            {
                ranges.Add(GuestRange.Between(
                    Max(entry.Range.Start, region.Range.Start),
                    Min(entry.Range.End, region.Range.End)));
            }
        }

        return new FreeMemory(ranges);
    }

    /// <summary>Whether all of a range is free.</summary>
    public bool Contains(GuestRange range) =>
        ranges.Exists(free => free.Start <= range.Start && range.End <= free.End);

    /// <summary>Takes a range away, as far as it is free.</summary>
    public void Remove(GuestRange range)
    {
        List<GuestRange> remaining = new(ranges.Count + 1);
        foreach (GuestRange free in ranges)
        {
            if (!free.Overlaps(range))
            {
                remaining.Add(free);
                continue;
            }

            if (free.Start < range.Start)
            {
                remaining.Add(GuestRange.Between(free.Start, range.Start));
            }

            if (range.End < free.End)
            {
                remaining.Add(GuestRange.Between(range.End, free.End));
            }
        }

        ranges = remaining;
    }

    /// <summary>The lowest aligned place for a length at or above an address that ends at or below a limit.</summary>
    public bool TryFindLowest(ulong length, ulong alignment, GuestAddress least, GuestAddress limit, out GuestRange found)
    {
        foreach (GuestRange free in ranges)
        {
            GuestAddress start = Max(free.Start, least).AlignUp(alignment);
            if (Fits(start, length, Min(free.End, limit)))
            {
                found = new GuestRange(start, length);
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>The highest aligned place for a length at or above an address that ends at or below a limit.</summary>
    public bool TryFindHighest(ulong length, ulong alignment, GuestAddress least, GuestAddress limit, out GuestRange found)
    {
        for (int i = ranges.Count - 1; i >= 0; i--)
        {
            GuestAddress end = Min(ranges[i].End, limit);
            if (end.Value < length)
            {
                continue;
            }

            GuestAddress start = new GuestAddress(end.Value - length).AlignDown(alignment);
            if (start >= Max(ranges[i].Start, least))
            {
                found = new GuestRange(start, length);
                return true;
            }
        }

        found = default;
        return false;
    }

    private static bool Fits(GuestAddress start, ulong length, GuestAddress end) =>
        start <= end && end - start >= length;

    private static GuestAddress Max(GuestAddress left, GuestAddress right) => left > right ? left : right;

    private static GuestAddress Min(GuestAddress left, GuestAddress right) => left < right ? left : right;
}
