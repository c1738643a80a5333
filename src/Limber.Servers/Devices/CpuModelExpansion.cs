using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Cpu;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>
/// Spells a processor model out, property by property. With a resolver the features are those the guest gets on this
/// host; without one they are those of the model and its properties, and <c>host</c> can't be expanded.
/// </summary>
internal sealed class CpuModelExpansion(CpuSpec spec)
{
    private static readonly IReadOnlyList<string> FeatureNames = [.. (
        from word in CpuFeatureWord.All
        from bit in Enumerable.Range(0, 32)
        let name = word.NameOf(bit)
        where name is not null
        select name).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>A name that says which version is meant.</summary>
    public static string VersionedName(CpuModel model) => model.IsHost ? model.Name : $"{model.Name}-v{model.Version}";

    /// <summary>
    /// Features of a model that a guest does not get on this host, by name; empty for one that follows the host, null when
    /// the host is not known.
    /// </summary>
    public static List<JsonValue>? UnavailableFeatures(string model, Func<CpuSpec, CpuFeatureSet>? resolve)
    {
        if (resolve is null)
        {
            return null;
        }

        var spec = CpuSpec.Parse(model);
        if (spec.Model.IsHost)
        {
            return [];
        }

        CpuFeatureSet lacking = spec.Model.Features.Except(resolve(spec));
        var result = new List<JsonValue>();
        foreach (string name in FeatureNames.Where(lacking.Has))
        {
            result.Add(name);
        }

        return result;
    }

    /// <param name="model">A name, and properties to change.</param>
    /// <exception cref="QmpException">The model or a property is unknown, or a value is not one.</exception>
    public static CpuModelExpansion Parse(JsonObject model)
    {
        model.TryGet("name", out JsonValue given);
        string name = given.AsString();
        if (!CpuModels.TryFind(name, out _))
        {
            throw new QmpException($"CPU model '{name}' not found");
        }

        List<string> items = [name];
        if (model.TryGet("props", out JsonValue props))
        {
            if (props.Kind != JsonKind.Object)
            {
                throw QmpException.WrongType("model.props", "object");
            }

            foreach ((string property, JsonValue value) in props.AsObject())
            {
                items.Add(Item(name, property, value));
            }
        }

        try
        {
            return new(CpuSpec.Parse(string.Join(',', items)));
        }
        catch (CpuModelException refusal)
        {
            throw new QmpException(QmpErrorClass.GenericError, refusal.Reason, refusal);
        }
    }

    /// <summary>Every feature, and what CPUID says about the processor's identity unless that is the host's.</summary>
    public JsonObject Full(Func<CpuSpec, CpuFeatureSet>? resolve)
    {
        JsonObject props = Features(resolve);
        CpuModelOptions options = spec.Options;
        CpuModel model = spec.Model;
        if (!model.IsHost)
        {
            props.Add("vendor", (options.Vendor ?? model.Vendor).Id);
            props.Add("family", options.Family ?? model.Family);
            props.Add("model", options.Model ?? model.Model);
            props.Add("stepping", options.Stepping ?? model.Stepping);
            props.Add("model-id", options.ModelId ?? model.ModelId);
            props.Add("level", options.Level ?? model.Level);
            props.Add("xlevel", options.ExtendedLevel ?? model.ExtendedLevel);
        }

        return new() { { "name", spec.ModelName }, { "props", props } };
    }

    /// <summary>A name with a version, and every feature: means the same on any host that can run it.</summary>
    /// <exception cref="QmpException">The model follows the host.</exception>
    public JsonObject Static(Func<CpuSpec, CpuFeatureSet>? resolve) => spec.Model.IsHost
        ? throw new QmpException($"CPU model '{spec.ModelName}' is the host's and has no static form")
        : new() { { "name", VersionedName(spec.Model) }, { "props", Features(resolve) } };

    private JsonObject Features(Func<CpuSpec, CpuFeatureSet>? resolve)
    {
        CpuFeatureSet features;
        if (resolve is not null)
        {
            features = resolve(spec);
        }
        else if (!spec.Model.IsHost)
        {
            features = spec.Model.Features.Union(spec.Options.Enabled).Except(spec.Options.Disabled);
        }
        else
        {
            throw new QmpException($"CPU model '{spec.ModelName}' can't be expanded: the host's features are not known here");
        }

        JsonObject props = [];
        foreach (string name in FeatureNames)
        {
            props.Add(name, features.Has(name));
        }

        return props;
    }

    /// <summary>The property in the form of <c>-cpu</c>; names and values that would break out of it are refused.</summary>
    private static string Item(string model, string name, JsonValue value)
    {
        if (name.Length == 0 || name[0] is '+' or '-' || name.AsSpan().ContainsAny(",="))
        {
            throw new QmpException($"Property '{model}{CpuTypeNames.Suffix}.{name}' not found");
        }

        string text = value.Kind switch
        {
            JsonKind.Boolean => value.AsBoolean() ? "on" : "off",
            JsonKind.Integer or JsonKind.Unsigned => value.ToString(),
            JsonKind.String when !value.AsString().Contains(',', StringComparison.Ordinal) => value.AsString(),
            _ => throw QmpException.WrongType(name, CpuFeatureWord.TryFind(name, out _) ? "boolean" : "string"),
        };
        return $"{name}={text}";
    }
}
