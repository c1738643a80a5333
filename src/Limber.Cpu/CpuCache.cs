using System;

namespace Limber.Cpu;

/// <summary>What a cache holds, coded as in CPUID leaf 4 EAX[4:0].</summary>
internal enum CpuCacheKind
{
    None = 0,
    Data = 1,
    Instruction = 2,
    Unified = 3,
}

/// <summary>
/// One cache: sizes only. Who shares it follows from the level and the topology. The line size is in
/// bytes; the flags are CPUID leaf 4 EDX: bit 0 WBINVD does not reach sharers, bit 1 inclusive,
/// bit 2 complex indexing.
/// </summary>
internal readonly record struct CpuCache(
    CpuCacheKind Kind, int Level, int Ways, int Sets, int LineSize = 64, int Partitions = 1, uint Flags = 0)
{
    /// <summary>Size in KiB.</summary>
    internal int SizeKib => (int)Int128.Min((Int128)Ways * Sets * LineSize * Partitions / 1024, int.MaxValue);
}
