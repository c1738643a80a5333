namespace Limber.Cpu;

/// <summary>The properties behind the model name of a <c>-cpu</c> value. Null means: as the model has it.</summary>
public sealed record CpuModelOptions
{
    /// <summary>No property given.</summary>
    public static CpuModelOptions None { get; } = new();

    /// <summary>Features switched on besides those of the model.</summary>
    public CpuFeatureSet Enabled { get; init; } = CpuFeatureSet.Empty;

    /// <summary>Features switched off. Never overlaps <see cref="Enabled"/>.</summary>
    public CpuFeatureSet Disabled { get; init; } = CpuFeatureSet.Empty;

    /// <summary>Warn about features that the host lacks.</summary>
    public bool Check { get; init; } = true;

    /// <summary>Refuse to start when the host lacks a feature.</summary>
    public bool Enforce { get; init; }

    /// <summary>Show the guest that it runs on KVM.</summary>
    public bool ShowKvm { get; init; } = true;

    /// <summary>Offer the host's performance counters; null: only with the host model.</summary>
    public bool? Pmu { get; init; }

    /// <summary>Hide what a migration to another host could not keep, which is <c>invtsc</c>.</summary>
    public bool Migratable { get; init; }

    /// <summary>Offer a third-level cache.</summary>
    public bool L3Cache { get; init; } = true;

    public CpuVendor? Vendor { get; init; }

    public int? Family { get; init; }

    public int? Model { get; init; }

    public int? Stepping { get; init; }

    public string? ModelId { get; init; }

    /// <summary>Highest basic leaf, kept exactly as given.</summary>
    public uint? Level { get; init; }

    /// <summary>Highest extended leaf, kept exactly as given.</summary>
    public uint? ExtendedLevel { get; init; }

    /// <summary>Guest-physical address width in bits, never more than the host's; null or 0: the host's.</summary>
    public int? PhysicalBits { get; init; }
}
