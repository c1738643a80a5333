using System.Collections.Generic;
using System.Collections.Immutable;

namespace Limber.Cpu;

/// <summary>The caches of a model, innermost first.</summary>
/// <remarks>Sources: Intel optimization manual and AMD software optimization guides, cache parameters.</remarks>
internal static class CpuCaches
{
    private const uint Inclusive = 1 << 1;
    private const uint NoWbinvdSharers = 1 << 0;
    private const uint ComplexIndex = 1 << 2;

    /// <summary>The plain models: a small first-generation hierarchy that every guest understands.</summary>
    internal static ImmutableArray<CpuCache> Legacy { get; } =
    [
        new(CpuCacheKind.Data, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Instruction, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Unified, 2, Ways: 16, Sets: 512),
        new(CpuCacheKind.Unified, 3, Ways: 16, Sets: 16384, Flags: Inclusive | ComplexIndex),
    ];

    internal static ImmutableArray<CpuCache> IntelNehalem { get; } =
    [
        new(CpuCacheKind.Data, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Instruction, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Unified, 2, Ways: 8, Sets: 512),
        new(CpuCacheKind.Unified, 3, Ways: 16, Sets: 8192, Flags: Inclusive | ComplexIndex),
    ];

    internal static ImmutableArray<CpuCache> IntelSkylakeServer { get; } =
    [
        new(CpuCacheKind.Data, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Instruction, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Unified, 2, Ways: 16, Sets: 1024),
        new(CpuCacheKind.Unified, 3, Ways: 11, Sets: 32768, Flags: ComplexIndex),
    ];

    internal static ImmutableArray<CpuCache> IntelIcelakeServer { get; } =
    [
        new(CpuCacheKind.Data, 1, Ways: 12, Sets: 64),
        new(CpuCacheKind.Instruction, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Unified, 2, Ways: 20, Sets: 1024),
        new(CpuCacheKind.Unified, 3, Ways: 12, Sets: 32768, Flags: ComplexIndex),
    ];

    internal static ImmutableArray<CpuCache> AmdZen { get; } =
    [
        new(CpuCacheKind.Data, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Instruction, 1, Ways: 4, Sets: 256),
        new(CpuCacheKind.Unified, 2, Ways: 8, Sets: 1024, Flags: Inclusive),
        new(CpuCacheKind.Unified, 3, Ways: 16, Sets: 8192, Flags: NoWbinvdSharers),
    ];

    internal static ImmutableArray<CpuCache> AmdZen2 { get; } =
    [
        new(CpuCacheKind.Data, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Instruction, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Unified, 2, Ways: 8, Sets: 1024, Flags: Inclusive),
        new(CpuCacheKind.Unified, 3, Ways: 16, Sets: 16384, Flags: NoWbinvdSharers),
    ];

    internal static ImmutableArray<CpuCache> AmdZen3 { get; } =
    [
        new(CpuCacheKind.Data, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Instruction, 1, Ways: 8, Sets: 64),
        new(CpuCacheKind.Unified, 2, Ways: 8, Sets: 1024, Flags: Inclusive),
        new(CpuCacheKind.Unified, 3, Ways: 16, Sets: 32768, Flags: NoWbinvdSharers),
    ];

    /// <summary>
    /// Reads the caches out of the subleaves of leaf 4 or 0x8000001D, which share one layout; empty
    /// when the host does not describe them there.
    /// </summary>
    internal static ImmutableArray<CpuCache> FromHost(IReadOnlyList<CpuidEntry> supported, uint function)
    {
        ImmutableArray<CpuCache>.Builder caches = ImmutableArray.CreateBuilder<CpuCache>();
        foreach (CpuidEntry entry in supported)
        {
            CpuCacheKind kind = (CpuCacheKind)(entry.Eax & 0x1f);
            bool known = kind is CpuCacheKind.Data or CpuCacheKind.Instruction or CpuCacheKind.Unified;
            if (entry.Function == function && known && entry.Ecx < int.MaxValue)
            {
                caches.Add(new CpuCache(
                    kind,
                    (int)(entry.Eax >> 5 & 0x7),
                    Ways: (int)(entry.Ebx >> 22) + 1,
                    Sets: (int)entry.Ecx + 1,
                    LineSize: (int)(entry.Ebx & 0xfff) + 1,
                    Partitions: (int)(entry.Ebx >> 12 & 0x3ff) + 1,
                    entry.Edx & 0x7));
            }
        }

        return caches.DrainToImmutable();
    }
}
