namespace Limber.VirtioBlock;

/// <summary>Feature bits of a block device (VIRTIO 1.2, 5.2.3).</summary>
public static class BlockFeatures
{
    /// <summary>The most segments of a request are in the configuration.</summary>
    public const ulong SegmentMaximum = 1UL << 2;

    /// <summary>The disk can't be written.</summary>
    public const ulong ReadOnly = 1UL << 5;

    /// <summary>The block size is in the configuration.</summary>
    public const ulong BlockSize = 1UL << 6;

    /// <summary>There is a write cache, and a command to flush it.</summary>
    public const ulong Flush = 1UL << 9;

    /// <summary>Best sizes for I/O are in the configuration.</summary>
    public const ulong Topology = 1UL << 10;

    /// <summary>The driver can switch the write cache.</summary>
    public const ulong ConfigWriteback = 1UL << 11;

    /// <summary>Several queues.</summary>
    public const ulong MultipleQueues = 1UL << 12;

    /// <summary>Discard.</summary>
    public const ulong Discard = 1UL << 13;

    /// <summary>Write zeroes.</summary>
    public const ulong WriteZeroes = 1UL << 14;
}
