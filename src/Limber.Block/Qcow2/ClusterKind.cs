namespace Limber.Block.Qcow2;

/// <summary>What a guest cluster's table entry says.</summary>
internal enum ClusterKind
{
    /// <summary>The backing file shows; zeros without one.</summary>
    Unallocated,

    /// <summary>Zeros, no cluster in the file.</summary>
    Zero,

    /// <summary>Zeros, with a cluster in the file kept for later.</summary>
    ZeroAllocated,

    Data,

    Compressed,
}
