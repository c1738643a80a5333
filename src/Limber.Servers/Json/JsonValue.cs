using System;
using System.Collections.Generic;

namespace Limber.Servers.Json;

/// <summary>
/// One JSON value. A struct, so that an array of a million numbers is one block of memory and not a million
/// objects; <c>default</c> is null. Arrays and objects are shared by reference.
/// </summary>
public readonly struct JsonValue
{
    private readonly object? reference;
    private readonly long bits;

    private JsonValue(JsonKind kind, long bits, object? reference)
    {
        Kind = kind;
        this.bits = bits;
        this.reference = reference;
    }

    public static JsonValue Null => default;

    public JsonKind Kind { get; }

    /// <summary>A number above <see cref="long.MaxValue"/>; a smaller one becomes an ordinary integer.</summary>
    public static JsonValue FromUnsigned(ulong value) => value <= long.MaxValue
        ? new(JsonKind.Integer, (long)value, null)
        : new(JsonKind.Unsigned, unchecked((long)value), null);

    /// <summary>True for the three kinds of numbers.</summary>
    public bool IsNumber => Kind is JsonKind.Integer or JsonKind.Unsigned or JsonKind.Double;

    public static implicit operator JsonValue(bool value) => new(JsonKind.Boolean, value ? 1 : 0, null);

    public static implicit operator JsonValue(long value) => new(JsonKind.Integer, value, null);

    public static implicit operator JsonValue(double value) => new(JsonKind.Double, BitConverter.DoubleToInt64Bits(value), null);

    public static implicit operator JsonValue(string value) => new(JsonKind.String, 0, value);

    public static implicit operator JsonValue(List<JsonValue> value) => new(JsonKind.Array, 0, value);

    public static implicit operator JsonValue(JsonObject value) => new(JsonKind.Object, 0, value);

    public bool AsBoolean() => Kind == JsonKind.Boolean ? bits != 0 : throw WrongKind(JsonKind.Boolean);

    public long AsInteger() => Kind == JsonKind.Integer ? bits : throw WrongKind(JsonKind.Integer);

    public ulong AsUnsigned() => Kind == JsonKind.Unsigned ? unchecked((ulong)bits) : throw WrongKind(JsonKind.Unsigned);

    /// <summary>Any number as a double, rounded where it must be.</summary>
    public double AsDouble() => Kind switch
    {
        JsonKind.Integer => bits,
        JsonKind.Unsigned => unchecked((ulong)bits),
        JsonKind.Double => BitConverter.Int64BitsToDouble(bits),
        _ => throw WrongKind(JsonKind.Double),
    };

    public string AsString() => reference as string ?? throw WrongKind(JsonKind.String);

    public List<JsonValue> AsArray() => reference as List<JsonValue> ?? throw WrongKind(JsonKind.Array);

    public JsonObject AsObject() => reference as JsonObject ?? throw WrongKind(JsonKind.Object);

    /// <summary>The value as compact JSON, for logs and debuggers.</summary>
    public override string ToString() => JsonWriter.ToText(this, JsonStyle.Compact);

    private InvalidOperationException WrongKind(JsonKind wanted) => new($"JSON value is {Kind}, not {wanted}");
}
