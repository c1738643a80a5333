namespace Limber.Block.Qcow2;

/// <summary>Bits of L1, L2 and refcount table entries.</summary>
internal static class Qcow2Entry
{
    public const ulong OffsetMask = 0x00ff_ffff_ffff_fe00;

    /// <summary>Refcount table entries have no flags above the offset.</summary>
    public const ulong RefcountOffsetMask = 0xffff_ffff_ffff_fe00;

    /// <summary>The refcount is exactly one: the cluster may be written in place.</summary>
    public const ulong Copied = 1UL << 63;

    public const ulong Compressed = 1UL << 62;

    /// <summary>The cluster reads as zeros. Version 3.</summary>
    public const ulong Zero = 1;

    /// <summary>Where the compressed bytes of an L2 entry lie.</summary>
    public static (ulong Offset, int Length) CompressedRange(ulong entry, int clusterBits)
    {
        int shift = 62 - (clusterBits - 8);
        ulong offset = entry & ((1UL << shift) - 1);
        int sectors = (int)((entry >> shift) & ((1UL << (clusterBits - 8)) - 1)) + 1;
        return (offset, (sectors * 512) - (int)(offset & 511));
    }
}
