using System.Collections.Immutable;

namespace Limber.Cpu;

/// <summary>One version of a CPU model: everything CPUID says that does not depend on host or topology.</summary>
public sealed record CpuModel
{
    /// <summary>Name without version, such as <c>Haswell</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Version from 1; <c>Haswell-v4</c> has 4.</summary>
    public required int Version { get; init; }

    /// <summary>Vendor of leaf 0, where the host has none of its own: see <see cref="CpuIdentity"/>.</summary>
    public required CpuVendor Vendor { get; init; }

    /// <summary>Family with the extended family added, as tools print it: 6, 15, 23 ...</summary>
    public required int Family { get; init; }

    /// <summary>Model number with the extended model in bits 7:4.</summary>
    public required int Model { get; init; }

    /// <summary>Stepping, 0 to 15.</summary>
    public required int Stepping { get; init; }

    /// <summary>Brand string, at most 48 characters.</summary>
    public required string ModelId { get; init; }

    /// <summary>Highest basic leaf.</summary>
    public required uint Level { get; init; }

    /// <summary>Highest leaf from 0x80000000 on.</summary>
    public required uint ExtendedLevel { get; init; }

    /// <summary>The features, before the host has its say.</summary>
    public required CpuFeatureSet Features { get; init; }

    /// <summary>
    /// The model is the host itself (<c>host</c>, <c>max</c>): everything that KVM supports, and the
    /// identity of the host instead of the fields above.
    /// </summary>
    public bool IsHost { get; init; }

    internal ImmutableArray<CpuCache> Caches { get; init; } = CpuCaches.Legacy;
}
