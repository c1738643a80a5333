namespace Limber.Servers.Json;

internal enum JsonTokenKind : byte
{
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Colon,
    Comma,
    Integer,
    Float,
    Keyword,
    String,

    /// <summary>Bytes that no token can start with or go on with.</summary>
    Stray,

    /// <summary>A token cut off because it outgrew the limit.</summary>
    Oversized,
}
