using System;

namespace Limber.Cpu;

/// <summary>
/// The leaves from which a guest learns where a CPU sits. All counts are those of the largest machine,
/// so that a CPU plugged in later fits what the first one said.
/// <code>
/// leaf         tells                                            depends on the CPU
/// 1            logical CPUs in the package, 8-bit APIC id       EBX[31:24]
/// 0xB, 0x1F    where each field of the APIC id begins           EDX
/// 0x80000008   AMD: width of the id below the package           -
/// 0x8000001E   AMD: core and node                               EAX, EBX[7:0], ECX[7:0]
/// </code>
/// Sources: Intel SDM volume 3 "Detecting Hardware Multi-Threading Support and Topology", volume 2
/// CPUID leaves 0xB and 0x1F; AMD APM volume 3 appendix E.4.7, E.4.17.
/// </summary>
internal static class TopologyLeaves
{
    internal const uint ExtendedTopology = 0xb;
    internal const uint ExtendedTopologyV2 = 0x1f;
    internal const uint AmdProcessorTopology = 0x8000001e;

    private const uint Htt = 1u << 28;
    private const uint CmpLegacy = 1u << 1;

    /// <summary>Level types of ECX[15:8] in leaves 0xB and 0x1F.</summary>
    private enum LevelType : uint
    {
        Invalid = 0,
        Thread = 1,
        Core = 2,
        Module = 3,
        Die = 5,
    }

    /// <summary>Whether leaf 0xB alone cannot express the topology.</summary>
    internal static bool NeedsV2(CpuTopology topology) => topology.Dies > 1 || topology.Modules > 1;

    /// <summary>Sets the package size in leaf 1, and the flags that say how to read it.</summary>
    internal static void AddPackageSize(CpuidTable table, CpuTopology topology, bool amd)
    {
        CpuidEntry leaf = table.Get(1);

        // Intel counts ids that the package could hold, holes included; AMD counts CPUs.
        long logical = amd ? topology.ThreadsPerPackage : 1L << topology.PackageShift;
        uint ebx = (leaf.Ebx & 0x0000ffff) | (uint)Math.Min(logical, 255) << 16;
        bool several = topology.ThreadsPerPackage > 1;
        table.Set(leaf with { Ebx = ebx, Edx = several ? leaf.Edx | Htt : leaf.Edx & ~Htt });

        if (amd)
        {
            CpuidEntry extended = table.Get(0x80000001);
            table.Set(extended with { Ecx = several ? extended.Ecx | CmpLegacy : extended.Ecx & ~CmpLegacy });
        }
    }

    /// <summary>Leaf 0xB: threads and, as "cores", everything else of the package.</summary>
    internal static void AddExtendedTopology(CpuidTable table, CpuTopology topology)
    {
        AddLevel(table, ExtendedTopology, 0, LevelType.Thread, topology.CoreShift, topology.Threads);
        AddLevel(table, ExtendedTopology, 1, LevelType.Core, topology.PackageShift, topology.ThreadsPerPackage);
        AddLevel(table, ExtendedTopology, 2, LevelType.Invalid, 0, 0);
    }

    /// <summary>Leaf 0x1F: each level that exists. The last one's shift leads to the package.</summary>
    internal static void AddExtendedTopologyV2(CpuidTable table, CpuTopology topology)
    {
        uint index = 0;
        int count = topology.Threads;
        AddLevel(table, ExtendedTopologyV2, index++, LevelType.Thread, topology.CoreShift, count);
        count *= topology.Cores;
        AddLevel(table, ExtendedTopologyV2, index++, LevelType.Core, topology.ModuleShift, count);
        count *= topology.Modules;
        if (topology.Modules > 1)
        {
            AddLevel(table, ExtendedTopologyV2, index++, LevelType.Module, topology.DieShift, count);
        }

        count *= topology.Dies;
        if (topology.Dies > 1)
        {
            AddLevel(table, ExtendedTopologyV2, index++, LevelType.Die, topology.PackageShift, count);
        }

        AddLevel(table, ExtendedTopologyV2, index, LevelType.Invalid, 0, 0);
    }

    /// <summary>ECX of leaf 0x80000008: how many CPUs the package has and how wide their ids are.</summary>
    internal static uint AmdCoreCount(CpuTopology topology)
    {
        uint count = (uint)Math.Min(topology.ThreadsPerPackage - 1, 0xff);
        return count == 0 ? 0 : (uint)Math.Min(topology.PackageShift, 0xf) << 12 | count;
    }

    /// <summary>Leaf 0x8000001E, without what depends on the CPU.</summary>
    internal static void AddAmdTopology(CpuidTable table, CpuTopology topology)
    {
        uint ebx = (uint)Math.Min(topology.Threads - 1, 0xff) << 8;
        uint ecx = (uint)Math.Min(topology.Dies - 1, 7) << 8;
        table.Set(AmdProcessorTopology, 0, ebx, ecx, 0);
    }

    /// <summary>Writes the APIC id of one CPU wherever it belongs.</summary>
    internal static CpuidEntry Personalize(CpuidEntry entry, CpuTopology topology, uint apicId)
    {
        switch (entry.Function)
        {
            case 1:
                return entry with { Ebx = (entry.Ebx & 0x00ffffff) | apicId << 24 };
            case ExtendedTopology or ExtendedTopologyV2:
                return entry with { Edx = apicId };
            case AmdProcessorTopology:
                uint inPackage = apicId & (uint)((1UL << topology.PackageShift) - 1);
                uint core = inPackage >> topology.CoreShift & 0xff;
                uint node = apicId >> topology.DieShift & 0xff;
                return entry with { Eax = apicId, Ebx = (entry.Ebx & ~0xffu) | core, Ecx = (entry.Ecx & ~0xffu) | node };
            default:
                return entry;
        }
    }

    private static void AddLevel(CpuidTable table, uint function, uint index, LevelType type, int shift, int count)
    {
        uint ebx = (uint)Math.Min(count, 0xffff);
        table.Set(new CpuidEntry(
            function, index, CpuidEntry.SignificantIndex, (uint)shift, ebx, (uint)type << 8 | index, 0));
    }
}
