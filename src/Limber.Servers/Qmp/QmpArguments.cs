using System;
using System.Collections.Generic;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>
/// A command's arguments. A command reads its parameters in their declared order and then calls
/// <see cref="End"/>: so a missing or mistyped parameter is reported before an unexpected one.
/// </summary>
public sealed class QmpArguments(JsonObject members)
{
    private readonly HashSet<string> read = [];

    /// <summary>All members, for commands that take any.</summary>
    public JsonObject Members => members;

    public string String(string name) => OptionalString(name) ?? throw QmpException.Missing(name);

    public string? OptionalString(string name) => TryTake(name, out JsonValue value)
        ? value.Kind == JsonKind.String ? value.AsString() : throw QmpException.WrongType(name, "string")
        : null;

    public long Integer(string name) => OptionalInteger(name) ?? throw QmpException.Missing(name);

    public long? OptionalInteger(string name) => TryTake(name, out JsonValue value)
        ? value.Kind == JsonKind.Integer ? value.AsInteger() : throw QmpException.WrongType(name, "integer")
        : null;

    public double? OptionalNumber(string name) => TryTake(name, out JsonValue value)
        ? value.IsNumber ? value.AsDouble() : throw QmpException.WrongType(name, "number")
        : null;

    public bool? OptionalBoolean(string name) => TryTake(name, out JsonValue value)
        ? value.Kind == JsonKind.Boolean ? value.AsBoolean() : throw QmpException.WrongType(name, "boolean")
        : null;

    public List<JsonValue>? OptionalArray(string name) => TryTake(name, out JsonValue value)
        ? value.Kind == JsonKind.Array ? value.AsArray() : throw QmpException.WrongType(name, "array")
        : null;

    /// <summary>Refuses members that the command did not read.</summary>
    public void End()
    {
        foreach ((string name, _) in members)
        {
            if (!read.Contains(name))
            {
                throw new QmpException($"Parameter '{name}' is unexpected");
            }
        }
    }

    private bool TryTake(string name, out JsonValue value)
    {
        read.Add(name);
        return members.TryGet(name, out value);
    }
}
