using System;

namespace Limber.Cpu;

/// <summary>What a version of a model changes against the version before it.</summary>
/// <param name="Changes">Blank-separated <c>+feature</c> and <c>-feature</c> words; may be empty.</param>
internal sealed record CpuModelVersion(string Changes)
{
    /// <summary>A second name besides <c>Name-vN</c>.</summary>
    internal string? Alias { get; init; }

    internal string? ModelId { get; init; }

    internal int? Model { get; init; }

    internal int? Stepping { get; init; }

    internal CpuFeatureSet Apply(CpuFeatureSet features)
    {
        foreach (string change in Changes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            CpuFeatureSet feature = CpuFeatureSet.Parse(change[1..]);
            features = change[0] == '+' ? features.Union(feature) : features.Except(feature);
        }

        return features;
    }
}
