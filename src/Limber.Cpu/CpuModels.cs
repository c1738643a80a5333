using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;

namespace Limber.Cpu;

/// <summary>All CPU models by name.</summary>
/// <remarks>
/// A plain name means version 1, as machine types of QEMU resolve it, so a guest never changes its CPU
/// because a newer version appeared.
/// </remarks>
public static class CpuModels
{
    private static readonly FrozenDictionary<string, CpuModel> s_byName = Index();

    /// <summary>Every accepted name, sorted: plain, versioned and second names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_byName.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Finds a model by any of its names, which are case-sensitive.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out CpuModel? model) =>
        s_byName.TryGetValue(name, out model);

    /// <summary>Finds a model by any of its names.</summary>
    /// <exception cref="CpuModelException">There is no such model.</exception>
    public static CpuModel Find(string name) =>
        TryFind(name, out CpuModel? model)
            ? model
            : throw new CpuModelException($"unable to find CPU model '{name}'");

    private static FrozenDictionary<string, CpuModel> Index()
    {
        Dictionary<string, CpuModel> byName = new(StringComparer.Ordinal)
        {
            ["host"] = Host("host"),
            ["max"] = Host("max"),
        };

        foreach (CpuModelFamily family in IntelCpuModels.Rows.Concat(AmdCpuModels.Rows))
        {
            foreach ((CpuModel model, string? alias) in family.Expand())
            {
                byName.Add($"{model.Name}-v{model.Version}", model);
                if (alias is not null)
                {
                    byName.Add(alias, model);
                }
            }
        }

        return byName.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static CpuModel Host(string name) => new()
    {
        Name = name,
        Version = 1,
        Vendor = default,
        Family = 0,
        Model = 0,
        Stepping = 0,
        ModelId = string.Empty,
        Level = 0,
        ExtendedLevel = 0,
        Features = CpuFeatureSet.Empty,
        IsHost = true,
    };
}
