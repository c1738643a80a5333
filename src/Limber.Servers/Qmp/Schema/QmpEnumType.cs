using System;
using System.Collections.Generic;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Schema;

/// <summary>A string out of a fixed set.</summary>
internal sealed class QmpEnumType(params string[] values) : QmpType
{
    internal override void Check(JsonValue value, string name)
    {
        if (value.Kind != JsonKind.String)
        {
            throw QmpException.WrongType(name, "string");
        }

        if (Array.IndexOf(values, value.AsString()) < 0)
        {
            // An element of a list has no name of its own, which QEMU words as 'null'.
            string parameter = name.EndsWith(']') ? "null" : name;
            throw new QmpException($"Parameter '{parameter}' does not accept value '{value.AsString()}'");
        }
    }

    internal override JsonObject Describe(string name, IQmpTypeNames names)
    {
        List<JsonValue> members = [];
        List<JsonValue> plain = [];
        foreach (string value in values)
        {
            members.Add(new JsonObject { { "name", value } });
            plain.Add(value);
        }

        return new() { { "name", name }, { "members", members }, { "meta-type", "enum" }, { "values", plain } };
    }
}
