using System;
using System.Collections.Immutable;

namespace Limber.Cpu;

/// <summary>
/// The leaves that describe caches. Sources: Intel SDM volume 2 CPUID leaves 2 and 4; AMD APM volume 3
/// appendix E.4.5 and E.4.16.
/// </summary>
internal static class CacheLeaves
{
    internal const uint DeterministicCache = 4;
    internal const uint AmdCacheTopology = 0x8000001d;
    internal const uint Descriptors = 2;
    internal const uint Sizes = 0x80000006;

    private const uint AmdL1 = 0x80000005;

    /// <summary>Leaf 2 that says: look at leaf 4.</summary>
    internal static void AddDescriptors(CpuidTable table) => table.Set(Descriptors, 0x0000ff01, 0, 0, 0);

    /// <summary>Leaf 4 or 0x8000001D, which share one layout but for the cores of the package in EAX[31:26].</summary>
    internal static void AddDeterministic(
        CpuidTable table, uint function, ImmutableArray<CpuCache> caches, CpuTopology topology)
    {
        uint index = 0;
        foreach (CpuCache cache in caches)
        {
            // Sharing is counted in APIC ids, holes included: a guest shifts the id by the logarithm of it.
            int sharedBits = cache.Level < 3 ? topology.CoreShift : topology.DieShift;
            uint sharing = (uint)Math.Min((1L << sharedBits) - 1, 0xfff);
            uint eax = (uint)cache.Kind | (uint)cache.Level << 5 | 1u << 8 | sharing << 14;
            if (function == DeterministicCache)
            {
                int coreBits = topology.PackageShift - topology.CoreShift;
                eax |= (uint)Math.Min((1L << coreBits) - 1, 0x3f) << 26;
            }

            uint ebx = (uint)(cache.LineSize - 1) | (uint)(cache.Partitions - 1) << 12 | (uint)(cache.Ways - 1) << 22;
            table.Set(new CpuidEntry(
                function, index++, CpuidEntry.SignificantIndex, eax, ebx, (uint)(cache.Sets - 1), cache.Flags));
        }

        table.Set(new CpuidEntry(function, index, CpuidEntry.SignificantIndex, 0, 0, 0, 0));
    }

    /// <summary>Leaves 0x80000005 (AMD only) and 0x80000006, the older and coarser form.</summary>
    internal static void AddSizes(CpuidTable table, ImmutableArray<CpuCache> caches, bool amd)
    {
        // 64 fully associative entries for each page size at the first level; 1024 or so at the second.
        const uint l1Tlb = 0xff40ff40;
        const uint l2TlbLarge = 0x48006400;
        const uint l2TlbSmall = 0x68006400;

        uint l1Data = 0, l1Instruction = 0, l2 = 0, l3 = 0;
        foreach (CpuCache cache in caches)
        {
            uint tail = Associativity(cache.Ways) << 12 | 1u << 8 | (uint)cache.LineSize;
            uint l1 = (uint)Math.Min(cache.SizeKib, 0xff) << 24 | (uint)cache.Ways << 16 | 1u << 8 | (uint)cache.LineSize;
            switch (cache)
            {
                case { Level: 1, Kind: CpuCacheKind.Data }:
                    l1Data = l1;
                    break;
                case { Level: 1, Kind: CpuCacheKind.Instruction }:
                    l1Instruction = l1;
                    break;
                case { Level: 2 }:
                    l2 = (uint)Math.Min(cache.SizeKib, 0xffff) << 16 | tail;
                    break;
                case { Level: 3 }:
                    l3 = (uint)Math.Min(cache.SizeKib / 512, 0x3fff) << 18 | tail;
                    break;
            }
        }

        if (amd)
        {
            table.Set(AmdL1, l1Tlb, l1Tlb, l1Data, l1Instruction);
            table.Set(Sizes, l2TlbLarge, l2TlbSmall, l2, l3);
        }
        else
        {
            table.Set(Sizes, 0, 0, l2, 0);
        }
    }

    // Code 9 sends the reader to the deterministic leaf.
    private static uint Associativity(int ways) => ways switch
    {
        1 => 0x1,
        2 => 0x2,
        4 => 0x4,
        8 => 0x6,
        16 => 0x8,
        32 => 0xa,
        48 => 0xb,
        64 => 0xc,
        96 => 0xd,
        128 => 0xe,
        _ => 0x9,
    };
}
