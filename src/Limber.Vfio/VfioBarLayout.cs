using System.Collections.Generic;
using System.Collections.Immutable;

namespace Limber.Vfio;

/// <summary>Which parts of a BAR the guest may reach without the VMM.</summary>
internal static class VfioBarLayout
{
    public const ulong PageSize = 4096;

    /// <summary>What remains of the mappable areas without the pages in which one of the ranges is.</summary>
    /// <param name="areas">What the kernel lets map.</param>
    /// <param name="trapped">What the VMM answers for: the MSI-X table and its pending bits.</param>
    public static ImmutableArray<VfioArea> Exclude(IEnumerable<VfioArea> areas, params IEnumerable<VfioArea> trapped)
    {
        var rest = new List<VfioArea>();
        foreach (VfioArea area in areas)
        {
            Add(rest, AlignUp(area.Offset), AlignDown(area.End));
        }

        foreach (VfioArea range in trapped)
        {
            ulong first = AlignDown(range.Offset);
            ulong end = AlignUp(range.End);
            var next = new List<VfioArea>();
            foreach (VfioArea area in rest)
            {
                if (area.End <= first || area.Offset >= end)
                {
                    next.Add(area);
                    continue;
                }

                Add(next, area.Offset, first);
                Add(next, end, area.End);
            }

            rest = next;
        }

        return [.. rest];
    }

    private static void Add(List<VfioArea> areas, ulong first, ulong end)
    {
        if (first < end)
        {
            areas.Add(new VfioArea(first, end - first));
        }
    }

    private static ulong AlignDown(ulong value) => value & ~(PageSize - 1);

    private static ulong AlignUp(ulong value) => AlignDown(value + (PageSize - 1));
}
