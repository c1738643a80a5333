using Limber.Config.Devices;

namespace Limber.Config.Backends;

/// <summary>A disk image on the host and how it is opened.</summary>
public sealed record BlockImageConfig
{
    /// <summary>File or block device.</summary>
    public required string Path { get; init; }

    /// <summary>What is in the file.</summary>
    public BlockFormat Format { get; init; } = BlockFormat.Probe;

    /// <summary>Open without the right to write.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Go around the host's page cache (<c>O_DIRECT</c>).</summary>
    public bool Direct { get; init; }

    /// <summary>Flushes do nothing: quick, and unsafe.</summary>
    public bool NoFlush { get; init; }

    /// <summary>Every write is on the disk when it completes.</summary>
    public bool WriteThrough { get; init; }

    /// <summary>The guest's discards make holes in the file; else they are ignored.</summary>
    public bool Discard { get; init; }

    /// <summary>How requests reach the host kernel.</summary>
    public BlockIoEngine Engine { get; init; } = BlockIoEngine.Auto;

    /// <summary>Limits of a disk that uses the image and has none of its own, or null.</summary>
    public RateLimiterConfig? RateLimiter { get; init; }
}
