using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Acpi;
using Limber.Boot;
using Limber.Config;
using Limber.Memory;

namespace Limber.Machine;

/// <summary>
/// What the guest is told about NUMA nodes: the SRAT, which gives every possible processor and all boot memory to a node, and
/// with distances the SLIT. Without nodes there are no tables: a SRAT with one node is not the same to a guest as none.
/// </summary>
internal sealed class NumaTables
{
    // From here to 1 MiB is no RAM for the guest: video memory and what firmware would occupy.
    private static readonly GuestRange LegacyHole = GuestRange.Between(new GuestAddress(0xA_0000), new GuestAddress(0x10_0000));

    // What each _PXM adds to the DSDT: NameOp, name, and a byte constant.
    private const int ProximityBytes = 7;

    /// <param name="numa">Consistent with the machine, see <see cref="NumaConfig.FindProblem"/>.</param>
    /// <param name="apicIds">APIC ids of all possible processors by index.</param>
    /// <param name="layout">Where the boot memory lies.</param>
    /// <param name="hotplug">Where memory may come later; guests prepare for it, also without nodes. Empty for nowhere.</param>
    public NumaTables(NumaConfig numa, ImmutableArray<uint> apicIds, MemoryLayout layout, GuestRange hotplug = default)
    {
        if (!numa.IsConfigured && hotplug.Length != 0)
        {
            numa = new NumaConfig { NodeMemory = [layout.RamSize], ProcessorNodes = [.. apicIds.Select(_ => 0)] };
        }

        if (!numa.IsConfigured)
        {
            return;
        }

        ProcessorDomains = [.. numa.ProcessorNodes.Select(node => (uint)node)];
        SratBuilder srat = DescribeAffinity(numa, apicIds, layout);
        if (hotplug.Length != 0)
        {
            // The node of memory that comes is its device's to say; this is only where it may come.
            srat.AddMemory(hotplug.Start.Value, hotplug.Length, (uint)numa.Count - 1, MemoryTraits.HotPluggable);
        }

        Tables = numa.Distances.IsEmpty ? [srat] : [srat, DescribeDistances(numa)];
        int bytes = Tables.Sum(table => table.Build().Length + AcpiTables.Alignment) + (ProximityBytes * apicIds.Length);
        ReservedBytes = (ulong)bytes;
    }

    /// <summary>SRAT and SLIT, as far as there are such.</summary>
    public ImmutableArray<AcpiTableBuilder> Tables { get; } = [];

    /// <summary>The node of each possible processor by index; empty without NUMA.</summary>
    public ImmutableArray<uint> ProcessorDomains { get; } = [];

    /// <summary>Bytes to reserve for all that NUMA adds to the tables.</summary>
    public ulong ReservedBytes { get; }

    private static SratBuilder DescribeAffinity(NumaConfig numa, ImmutableArray<uint> apicIds, MemoryLayout layout)
    {
        var srat = new SratBuilder();
        for (int i = 0; i < apicIds.Length; i++)
        {
            srat.AddProcessor(apicIds[i], (uint)numa.ProcessorNodes[i]);
        }

        ulong offset = 0;
        for (int node = 0; node < numa.Count; node++)
        {
            foreach (GuestRange range in Locate(layout, offset, numa.NodeMemory[node]))
            {
                srat.AddMemory(range.Start.Value, range.Length, (uint)node);
            }

            offset += numa.NodeMemory[node];
        }

        return srat;
    }

    /// <summary>Where bytes of the boot memory, counted without holes, lie in the guest's address space.</summary>
    private static IEnumerable<GuestRange> Locate(MemoryLayout layout, ulong offset, ulong length)
    {
        foreach (GuestRange ram in layout.Ranges)
        {
            ulong skipped = ulong.Min(offset, ram.Length);
            ulong taken = ulong.Min(length, ram.Length - skipped);
            foreach (GuestRange range in CutHole(new GuestRange(ram.Start + skipped, taken)))
            {
                yield return range;
            }

            offset -= skipped;
            length -= taken;
        }
    }

    private static IEnumerable<GuestRange> CutHole(GuestRange range)
    {
        GuestAddress end = range.End;
        ulong below = ulong.Min(end.Value, LegacyHole.Start.Value);
        ulong above = ulong.Max(range.Start.Value, LegacyHole.End.Value);
        if (range.Start.Value < below)
        {
            yield return GuestRange.Between(range.Start, new GuestAddress(below));
        }

        if (above < end.Value)
        {
            yield return GuestRange.Between(new GuestAddress(above), end);
        }
    }

    private static SlitBuilder DescribeDistances(NumaConfig numa)
    {
        var slit = new SlitBuilder(numa.Count);
        for (int from = 0; from < numa.Count; from++)
        {
            for (int to = 0; to < numa.Count; to++)
            {
                if (from != to)
                {
                    slit.SetDistance(from, to, numa.Distances[(from * numa.Count) + to]);
                }
            }
        }

        return slit;
    }
}
