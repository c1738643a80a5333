using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading;

namespace Limber.Cpu;

/// <summary>A row of the model table: version 1 of a model and how the later versions differ.</summary>
internal sealed record CpuModelFamily(
    string Name, CpuVendor Vendor, int Family, int Model, int Stepping, string ModelId)
{
    private CpuModel[]? _models;

    /// <summary>Highest basic leaf.</summary>
    internal required uint Level { get; init; }

    /// <summary>Highest leaf from 0x80000000 on.</summary>
    internal required uint ExtendedLevel { get; init; }

    internal required ImmutableArray<CpuCache> Caches { get; init; }

    /// <summary>Blank-separated feature names of version 1.</summary>
    internal required string Features { get; init; }

    internal ImmutableArray<CpuModelVersion> Versions { get; init; } = [];

    /// <summary>Version 1 and all later ones, in order. Made when somebody asks for one of them.</summary>
    internal IReadOnlyList<CpuModel> Models => LazyInitializer.EnsureInitialized(ref _models, () => [.. Expand()]);

    private IEnumerable<CpuModel> Expand()
    {
        CpuModel model = new()
        {
            Name = Name,
            Version = 1,
            Vendor = Vendor,
            Family = Family,
            Model = Model,
            Stepping = Stepping,
            ModelId = ModelId,
            Level = Level,
            ExtendedLevel = ExtendedLevel,
            Caches = Caches,
            Features = CpuFeatureSet.Parse(Features),
        };
        yield return model;

        foreach (CpuModelVersion version in Versions)
        {
            model = model with
            {
                Version = model.Version + 1,
                Model = version.Model ?? model.Model,
                Stepping = version.Stepping ?? model.Stepping,
                ModelId = version.ModelId ?? model.ModelId,
                Features = version.Apply(model.Features),
            };
            yield return model;
        }
    }
}
