namespace Limber.Config.Backends;

/// <summary>The pages of a memory device. Only what is built is here: binding to nodes of the host, and the like, are the front end's to refuse.</summary>
public sealed record MemoryBackendConfig : BackendConfig
{
    /// <summary>Bytes; for DIMMs a multiple of <see cref="DimmConfig.Granule"/>.</summary>
    public required ulong Size { get; init; }

    /// <summary>Where the pages come from.</summary>
    public MemoryBackendKind Kind { get; init; }

    /// <summary>The file; only for <see cref="MemoryBackendKind.File"/>, and required there. It is made when it does not exist, and enlarged to <see cref="Size"/>.</summary>
    public string? Path { get; init; }

    /// <summary>Other processes (vhost-user) may map the pages, and a file sees what the guest writes.</summary>
    public bool Share { get; init; }

    /// <summary>Pages that the host keeps for this purpose (hugetlbfs); only for <see cref="MemoryBackendKind.Memfd"/>.</summary>
    public bool HugePages { get; init; }

    /// <summary>Bytes of a huge page, a power of two that divides <see cref="Size"/>; null for the host's default.</summary>
    public ulong? HugePageSize { get; init; }

    /// <summary>Every page is allocated when a DIMM is plugged in, which takes time in proportion to its size. Not for virtio-mem.</summary>
    public bool Preallocate { get; init; }
}
