using System;
using System.Collections.Generic;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp;

/// <summary>
/// A command's arguments, checked against its signature before the command sees them. Reading a parameter that the
/// signature does not declare is a defect of the command and throws <see cref="InvalidOperationException"/>.
/// </summary>
public sealed class QmpArguments
{
    private readonly QmpSignature signature;

    /// <exception cref="QmpException">An argument is missing, of the wrong type or unexpected.</exception>
    public QmpArguments(QmpSignature signature, JsonObject members)
    {
        this.signature = signature;
        Members = members;
        if (!signature.ChecksItself)
        {
            signature.Arguments.CheckMembers(members, string.Empty);
        }
    }

    /// <summary>All members, for commands that take any.</summary>
    public JsonObject Members { get; }

    public string String(string name) => OptionalString(name) ?? throw QmpException.Missing(name);

    public string? OptionalString(string name) => TryGet(name, out JsonValue value) ? value.AsString() : null;

    public long Integer(string name) => OptionalInteger(name) ?? throw QmpException.Missing(name);

    public long? OptionalInteger(string name) => TryGet(name, out JsonValue value) ? value.AsInteger() : null;

    public double? OptionalNumber(string name) => TryGet(name, out JsonValue value) ? value.AsDouble() : null;

    public bool? OptionalBoolean(string name) => TryGet(name, out JsonValue value) ? value.AsBoolean() : null;

    public List<JsonValue>? OptionalArray(string name) => TryGet(name, out JsonValue value) ? value.AsArray() : null;

    /// <summary>A value of any type.</summary>
    public JsonValue Value(string name) => TryGet(name, out JsonValue value) ? value : throw QmpException.Missing(name);

    public JsonObject Object(string name) =>
        TryGet(name, out JsonValue value) ? value.AsObject() : throw QmpException.Missing(name);

    private bool TryGet(string name, out JsonValue value) => signature.Arguments.Declares(name)
        ? Members.TryGet(name, out value)
        : throw new InvalidOperationException($"parameter '{name}' is not declared");
}
