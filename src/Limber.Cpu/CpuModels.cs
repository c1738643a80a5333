using System;
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
    // Where each name's model is in the table. Its features are parsed when somebody asks for it: a machine has one model, and
    // parsing them all would be the better part of its start-up.
    private static readonly Dictionary<string, (CpuModelFamily Family, int Version)> s_byName = Index();

    /// <summary>Every accepted name, sorted: plain, versioned and second names.</summary>
    public static IReadOnlyList<string> Names => [.. s_byName.Keys.Append("host").Append("max").Order(StringComparer.Ordinal)];

    /// <summary>Finds a model by any of its names, which are case-sensitive.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out CpuModel? model)
    {
        if (name is "host" or "max")
        {
            model = Host(name);
            return true;
        }

        bool found = s_byName.TryGetValue(name, out (CpuModelFamily Family, int Version) place);
        model = found ? place.Family.Models[place.Version - 1] : null;
        return found;
    }

    /// <summary>Finds a model by any of its names.</summary>
    /// <exception cref="CpuModelException">There is no such model.</exception>
    public static CpuModel Find(string name) =>
        TryFind(name, out CpuModel? model)
            ? model
            : throw new CpuModelException($"unable to find CPU model '{name}'");

    private static Dictionary<string, (CpuModelFamily Family, int Version)> Index()
    {
        Dictionary<string, (CpuModelFamily, int)> byName = new(StringComparer.Ordinal);
        CpuModelFamily[][] tables =
            [OlderCpuModels.Rows, IntelCpuModels.Rows, LaterIntelCpuModels.Rows, AmdCpuModels.Rows, OtherCpuModels.Rows];
        foreach (CpuModelFamily family in tables.SelectMany(static table => table))
        {
            byName.Add(family.Name, (family, 1));
            byName.Add($"{family.Name}-v1", (family, 1));
            for (int i = 0; i < family.Versions.Length; i++)
            {
                int version = i + 2;
                byName.Add($"{family.Name}-v{version}", (family, version));
                if (family.Versions[i].Alias is { } alias)
                {
                    byName.Add(alias, (family, version));
                }
            }
        }

        return byName;
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
