using System.Collections.Generic;
using System.Collections.Immutable;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Schema;

/// <summary>A value of one of several types, told apart by its form in JSON.</summary>
/// <param name="expected">How a refusal names it.</param>
/// <param name="choices">The forms and their types.</param>
internal sealed class QmpAlternateType(string expected, params ImmutableArray<(JsonKind Kind, QmpType Type)> choices) : QmpType
{
    internal override void Check(JsonValue value, string name)
    {
        foreach ((JsonKind kind, QmpType type) in choices)
        {
            if (kind == value.Kind)
            {
                type.Check(value, name);
                return;
            }
        }

        throw QmpException.WrongType(name, expected);
    }

    internal override JsonObject Describe(string name, IQmpTypeNames names)
    {
        List<JsonValue> members = [];
        foreach ((_, QmpType type) in choices)
        {
            members.Add(new JsonObject { { "type", names.NameOf(type) } });
        }

        return new() { { "name", name }, { "members", members }, { "meta-type", "alternate" } };
    }
}
