using System.Collections.Generic;
using Limber.Cpu;
using Limber.Servers.Devices;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Queries about processor models.</summary>
internal static class CpuModelQueries
{
    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-cpu-definitions", IntrospectionTypes.CpuDefinitions, Definitions),
        new DelegateCommand(
            "query-cpu-model-expansion",
            new(
                new QmpObjectType(new("type", IntrospectionTypes.CpuExpansionKind), new("model", IntrospectionTypes.CpuModel)),
                new QmpObjectType(new QmpMember("model", IntrospectionTypes.CpuModel))),
            Expand),
    ];

    /// <summary>
    /// Where the host is not known the member unavailable-features is absent, which clients know to mean that.
    /// </summary>
    private static JsonValue Definitions(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (string name in CpuModels.Names)
        {
            CpuModel model = CpuModels.Find(name);
            JsonObject entry = new() { { "name", name }, { "typename", name + CpuTypeNames.Suffix } };
            string versioned = CpuModelExpansion.VersionedName(model);
            if (!model.IsHost && versioned != name)
            {
                entry.Add("alias-of", versioned);
            }

            if (CpuModelExpansion.UnavailableFeatures(name, context.Services.ResolveFeatures) is { } unavailable)
            {
                entry.Add("unavailable-features", unavailable);
            }

            entry.Add("static", false);
            entry.Add("migration-safe", !model.IsHost);
            entry.Add("deprecated", false);
            result.Add(entry);
        }

        return result;
    }

    private static JsonValue Expand(QmpArguments arguments, QmpContext context)
    {
        CpuModelExpansion expansion = CpuModelExpansion.Parse(arguments.Object("model"));
        JsonObject model = arguments.String("type") == "static"
            ? expansion.Static(context.Services.ResolveFeatures)
            : expansion.Full(context.Services.ResolveFeatures);
        return new JsonObject { { "model", model } };
    }
}
