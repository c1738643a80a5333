namespace Limber.Block;

/// <summary>How to open an image.</summary>
public sealed record BlockImageOptions
{
    /// <summary>The file or host block device.</summary>
    public required string Path { get; init; }

    public BlockImageFormat Format { get; init; } = BlockImageFormat.Probe;

    public bool ReadOnly { get; init; }

    public BlockCacheMode Cache { get; init; } = BlockCacheMode.Writeback;

    /// <summary>Overrides the cache mode's use of direct I/O (<c>cache.direct</c>, <c>direct</c>); null keeps it.</summary>
    public bool? Direct { get; init; }

    /// <summary>Overrides whether flushes are ignored (<c>cache.no-flush</c>); null keeps the cache mode's.</summary>
    public bool? NoFlush { get; init; }

    public BlockAio Aio { get; init; } = BlockAio.Auto;

    /// <summary>Discards give space back to the host (<c>discard=unmap</c>); otherwise they do nothing.</summary>
    public bool Discard { get; init; }

    /// <summary>Others may write to the file at the same time (<c>share-rw=on</c>).</summary>
    public bool ShareWrite { get; init; }

    /// <summary>Lock the file as QEMU does, so that two writers are refused (<c>locking</c>).</summary>
    public bool Locking { get; init; } = true;

    /// <summary>A qcow2 image may refer to a backing file.</summary>
    public bool BackingFiles { get; init; } = true;

    internal bool UseDirect => Direct ?? Cache is BlockCacheMode.None or BlockCacheMode.DirectSync;

    internal bool IgnoreFlush => NoFlush ?? Cache is BlockCacheMode.Unsafe;

    internal bool WriteThrough => Cache is BlockCacheMode.Writethrough or BlockCacheMode.DirectSync;
}
