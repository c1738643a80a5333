namespace Limber.Config;

/// <summary>A part of boot memory with a name of the user's (Cloud Hypervisor's memory zone), and how much it can grow.</summary>
public sealed record MemoryZoneConfig
{
    /// <summary>Unique among zones and devices: the virtio-mem device by which it grows has the same.</summary>
    public required string Id { get; init; }

    /// <summary>Bytes at boot, a multiple of 4096.</summary>
    public required ulong Size { get; init; }

    /// <summary>Shared with other processes.</summary>
    public bool Shared { get; init; }

    /// <inheritdoc cref="MemoryConfig.HugePages"/>
    public bool HugePages { get; init; }

    /// <inheritdoc cref="MemoryConfig.HugePageSize"/>
    public ulong? HugePageSize { get; init; }

    /// <summary>All pages are allocated before the guest starts.</summary>
    public bool Preallocate { get; init; }

    /// <summary>Bytes that can come; 0 for a zone that stays as it is.</summary>
    public ulong HotplugSize { get; init; }

    /// <summary>Bytes of them that the guest is asked to use at the start.</summary>
    public ulong HotpluggedSize { get; init; }
}
