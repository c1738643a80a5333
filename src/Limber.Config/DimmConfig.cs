using Limber.Config.Backends;

namespace Limber.Config;

/// <summary>A memory module in a DIMM slot (<c>pc-dimm</c>), as data; the same at the command line and hot.</summary>
public sealed record DimmConfig
{
    /// <summary>Guests add and remove memory in blocks of this size, at multiples of it.</summary>
    public const ulong Granule = 128UL << 20;

    /// <summary>The user's id, unique among all devices and processors; null for none.</summary>
    public string? Id { get; init; }

    /// <summary>Name of its backend; null when <see cref="Memory"/> is given.</summary>
    public string? Backend { get; init; }

    /// <summary>Its own unnamed backend, which goes with it; null when <see cref="Backend"/> names one.</summary>
    public MemoryBackendConfig? Memory { get; init; }

    /// <summary>NUMA node; null for 0.</summary>
    public int? Node { get; init; }

    /// <summary>Guest-physical address, a multiple of <see cref="Granule"/>; null for the lowest that fits.</summary>
    public ulong? Address { get; init; }

    /// <summary>DIMM slot; null for the lowest free one.</summary>
    public int? Slot { get; init; }
}
