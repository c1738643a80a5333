namespace Limber.Servers.Json;

/// <summary>What a <see cref="JsonValue"/> holds. Numbers keep the form in which they are exact.</summary>
public enum JsonKind : byte
{
    Null,
    Boolean,

    /// <summary>A number that fits a signed 64-bit integer.</summary>
    Integer,

    /// <summary>A number above <see cref="long.MaxValue"/> that fits an unsigned 64-bit integer.</summary>
    Unsigned,

    /// <summary>Any other number.</summary>
    Double,
    String,
    Array,
    Object,
}
