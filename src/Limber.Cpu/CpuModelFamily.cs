using System.Collections.Generic;
using System.Collections.Immutable;

namespace Limber.Cpu;

/// <summary>A row of the model table: version 1 of a model and how the later versions differ.</summary>
internal sealed record CpuModelFamily(
    string Name, CpuVendor Vendor, int Family, int Model, int Stepping, string ModelId)
{
    /// <summary>Highest basic leaf.</summary>
    internal required uint Level { get; init; }

    /// <summary>Highest leaf from 0x80000000 on.</summary>
    internal required uint ExtendedLevel { get; init; }

    internal required ImmutableArray<CpuCache> Caches { get; init; }

    /// <summary>Blank-separated feature names of version 1.</summary>
    internal required string Features { get; init; }

    internal ImmutableArray<CpuModelVersion> Versions { get; init; } = [];

    /// <summary>Version 1 and all later ones, in order, with the second name each may have.</summary>
    internal IEnumerable<(CpuModel Model, string? Alias)> Expand()
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
        yield return (model, Name);

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
            yield return (model, version.Alias);
        }
    }
}
