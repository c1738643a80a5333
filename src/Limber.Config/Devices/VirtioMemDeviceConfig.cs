using Limber.Config.Backends;

namespace Limber.Config.Devices;

/// <summary>Memory that grows and shrinks in small blocks (virtio-mem).</summary>
public sealed record VirtioMemDeviceConfig : DeviceConfig
{
    /// <summary>Smallest block, and the default: a transparent huge page.</summary>
    public const ulong DefaultBlockSize = 2UL << 20;

    /// <inheritdoc/>
    public override string Driver => "virtio-mem-pci";

    /// <summary>Name of its backend, whose size is the most the device can have; null when <see cref="Memory"/> is given.</summary>
    public string? Backend { get; init; }

    /// <summary>Its own unnamed backend, which goes with it; null when <see cref="Backend"/> names one.</summary>
    public MemoryBackendConfig? Memory { get; init; }

    /// <summary>NUMA node; null for 0.</summary>
    public int? Node { get; init; }

    /// <summary>Bytes of a block: a power of two, at least <see cref="DefaultBlockSize"/>; null for that.</summary>
    public ulong? BlockSize { get; init; }

    /// <summary>Bytes asked for at the start, a multiple of the block size.</summary>
    public ulong RequestedSize { get; init; }

    /// <summary>Guest-physical address, a multiple of <see cref="DimmConfig.Granule"/>; null for the lowest that fits.</summary>
    public ulong? Address { get; init; }
}
