namespace Limber.Block.Qcow2;

/// <summary>A part of a write that goes to one place in the file.</summary>
internal struct WriteStep
{
    /// <summary>First guest cluster.</summary>
    public ulong Cluster;

    /// <summary>Guest clusters that get new clusters; 0 for a write in place.</summary>
    public ulong Allocated;

    /// <summary>Where the first guest cluster lies in the file from now on.</summary>
    public ulong Host;

    /// <summary>What the clusters were before.</summary>
    public ClusterRun Before;

    /// <summary>The clusters were the image's already and kept for these.</summary>
    public bool Reuses;

    /// <summary>The clusters lay beyond the file's end and read as zeros.</summary>
    public bool IsFresh;

    /// <summary>Bytes of the request that this step takes.</summary>
    public ulong Length;

    /// <summary>For <see cref="Qcow2Metadata.Exit"/>.</summary>
    public int Entered;
}
