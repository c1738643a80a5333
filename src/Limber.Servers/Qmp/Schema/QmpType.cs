using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Schema;

/// <summary>
/// A type of the protocol. The same description checks what clients send and answers <c>query-qmp-schema</c>, so the two
/// can't drift apart. Types are compared by reference: a type used twice is one object. Immutable.
/// </summary>
public abstract class QmpType
{
    private protected QmpType() { }

    public static QmpType String { get; } = new QmpBuiltinType("str", "string", "string", JsonKind.String);

    /// <summary>A number that fits a signed 64-bit integer.</summary>
    public static QmpType Integer { get; } = new QmpBuiltinType("int", "int", "integer", JsonKind.Integer);

    /// <summary>Any number.</summary>
    public static QmpType Number { get; } =
        new QmpBuiltinType("number", "number", "number", JsonKind.Integer, JsonKind.Unsigned, JsonKind.Double);

    public static QmpType Boolean { get; } = new QmpBuiltinType("bool", "boolean", "boolean", JsonKind.Boolean);

    public static QmpType Null { get; } = new QmpBuiltinType("null", "null", "null", JsonKind.Null);

    /// <summary>Any value at all.</summary>
    public static QmpType Any { get; } = new QmpBuiltinType("any", "value", "any");

    /// <summary>Checks a value against the type.</summary>
    /// <param name="value">What was sent.</param>
    /// <param name="name">The parameter's name for the message; members of members are joined by dots.</param>
    /// <exception cref="QmpException">The value is not of this type.</exception>
    internal abstract void Check(JsonValue value, string name);

    /// <summary>The type's entry of the schema.</summary>
    internal abstract JsonObject Describe(string name, IQmpTypeNames names);
}
