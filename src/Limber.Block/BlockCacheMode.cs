namespace Limber.Block;

/// <summary>QEMU's names for the combinations of the host's page cache, write cache and flushes.</summary>
public enum BlockCacheMode
{
    /// <summary>Page cache; a flush makes writes durable.</summary>
    Writeback,

    /// <summary>Direct I/O; a flush makes writes durable.</summary>
    None,

    /// <summary>Page cache; every write is durable when it completes.</summary>
    Writethrough,

    /// <summary>Direct I/O; every write is durable when it completes.</summary>
    DirectSync,

    /// <summary>Page cache; flushes do nothing. For disks that may be lost.</summary>
    Unsafe,
}
