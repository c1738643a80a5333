using System;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Schema;

/// <summary>A type without parts. Without <paramref name="kinds"/> it takes any value.</summary>
/// <param name="name">Name in the schema.</param>
/// <param name="jsonType">What the schema says about its form in JSON.</param>
/// <param name="expected">How a refusal names it.</param>
/// <param name="kinds">Kinds of values that belong to it.</param>
internal sealed class QmpBuiltinType(string name, string jsonType, string expected, params JsonKind[] kinds) : QmpType
{
    public string Name => name;

    internal override void Check(JsonValue value, string name)
    {
        if (kinds.Length > 0 && Array.IndexOf(kinds, value.Kind) < 0)
        {
            throw QmpException.WrongType(name, expected);
        }
    }

    internal override JsonObject Describe(string name, IQmpTypeNames names) =>
        new() { { "name", name }, { "json-type", jsonType }, { "meta-type", "builtin" } };
}
