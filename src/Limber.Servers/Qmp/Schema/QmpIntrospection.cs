using System.Collections.Generic;
using System.Globalization;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Schema;

/// <summary>
/// Writes <c>query-qmp-schema</c>. Types other than built-in ones are named by numbers, so that no client relies on a
/// name: <c>0</c> is the empty object, <c>[N]</c> an array of N.
/// </summary>
internal sealed class QmpIntrospection : IQmpTypeNames
{
    private readonly Dictionary<QmpType, string> names = [];
    private readonly HashSet<string> described = [];
    private readonly Queue<(QmpType Type, string Name)> undescribed = [];
    private readonly List<JsonValue> entries = [];
    private int next;

    private QmpIntrospection() => NameOf(QmpObjectType.Empty);

    /// <summary>All commands, then the events, then every type they mention.</summary>
    public static List<JsonValue> Describe(QmpCommandTable commands, IReadOnlyList<QmpEventShape> events)
    {
        QmpIntrospection schema = new();
        foreach (IQmpCommand command in commands.All)
        {
            schema.AddCommand(command);
        }

        foreach (QmpEventShape @event in events)
        {
            schema.entries.Add(new JsonObject
            {
                { "name", @event.Name }, { "meta-type", "event" }, { "arg-type", schema.NameOf(@event.Data) },
            });
        }

        // Describing a type may bring up further ones.
        while (schema.undescribed.TryDequeue(out (QmpType Type, string Name) found))
        {
            schema.entries.Add(found.Type.Describe(found.Name, schema));
        }

        return schema.entries;
    }

    public string NameOf(QmpType type)
    {
        string name = type switch
        {
            QmpBuiltinType builtin => builtin.Name,
            QmpArrayType array => $"[{NameOf(array.Element)}]",
            _ => NumberOf(type),
        };
        if (described.Add(name))
        {
            undescribed.Enqueue((type, name));
        }

        return name;
    }

    private string NumberOf(QmpType type)
    {
        if (!names.TryGetValue(type, out string? name))
        {
            name = next.ToString(CultureInfo.InvariantCulture);
            next++;
            names.Add(type, name);
        }

        return name;
    }

    private void AddCommand(IQmpCommand command)
    {
        QmpSignature signature = command.Signature;
        string arguments = NameOf(signature.Arguments);
        JsonObject entry = new()
        {
            { "name", command.Name }, { "ret-type", NameOf(signature.Returns) }, { "meta-type", "command" }, { "arg-type", arguments },
        };
        if (command.AllowsOutOfBand)
        {
            entry.Add("allow-oob", true);
        }

        if (signature.Features.Length > 0)
        {
            List<JsonValue> features = [];
            foreach (string feature in signature.Features)
            {
                features.Add(feature);
            }

            entry.Add("features", features);
        }

        entries.Add(entry);
    }
}
