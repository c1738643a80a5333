using System;

namespace Limber.Block.Qcow2;

/// <summary>What the header of an image says, checked against limits. Changed only under the metadata's gate.</summary>
internal sealed class Qcow2Header
{
    public required int Version { get; init; }

    public required int ClusterBits { get; init; }

    public required int RefcountOrder { get; init; }

    /// <summary>Bytes the guest sees.</summary>
    public required ulong Size { get; set; }

    public required uint L1Entries { get; set; }

    public required ulong L1Offset { get; set; }

    public required ulong RefcountTableOffset { get; set; }

    public required uint RefcountTableClusters { get; set; }

    public required uint SnapshotCount { get; init; }

    public required ulong Incompatible { get; set; }

    public required ulong Autoclear { get; set; }

    /// <summary>Null without a backing file.</summary>
    public string? BackingFile { get; init; }

    /// <summary>Null if the image does not say it.</summary>
    public string? BackingFormat { get; init; }

    public int ClusterSize => 1 << ClusterBits;

    /// <summary>Entries of one L2 table.</summary>
    public int L2Entries => ClusterSize / sizeof(ulong);

    /// <summary>Entries of one refcount block, as a power of two.</summary>
    public int RefcountBlockBits => ClusterBits + 3 - RefcountOrder;

    public static uint L1EntriesFor(ulong size, int clusterBits)
    {
        int bits = clusterBits + clusterBits - 3;
        ulong entries = (size >> bits) + ((size & ((1UL << bits) - 1)) != 0 ? 1UL : 0);
        return (uint)Math.Min(entries, uint.MaxValue);
    }

    /// <summary>A range overlaps the header, the L1 table or the refcount table: nothing else may lie there.</summary>
    public bool IsProtected(ulong offset, ulong length) =>
        Overlaps(offset, length, 0, (ulong)ClusterSize)
        || Overlaps(offset, length, L1Offset, Math.Max(1, (ulong)L1Entries * sizeof(ulong)))
        || Overlaps(offset, length, RefcountTableOffset, (ulong)RefcountTableClusters << ClusterBits);

    private static bool Overlaps(ulong offset, ulong length, ulong other, ulong otherLength) =>
        offset < other + otherLength && other < offset + length;
}
