using System;

namespace Limber.Servers.Json;

/// <summary>Reads a token that is a value by itself.</summary>
internal static class JsonScalar
{
    /// <returns>Null on success, else the words for the client.</returns>
    public static string? Read(JsonTokenKind kind, ReadOnlySpan<byte> text, out JsonValue value)
    {
        value = default;
        switch (kind)
        {
            case JsonTokenKind.Integer:
                value = JsonNumber.ParseInteger(text);
                return null;
            case JsonTokenKind.Float:
                value = JsonNumber.ParseDouble(text);
                return null;
            case JsonTokenKind.String:
                bool decoded = JsonStringDecoder.TryDecode(text, out string content, out string? problem);
                value = content;
                return decoded ? null : problem;
            case JsonTokenKind.Keyword:
                return ReadKeyword(text, out value);
            default:
                return "expecting value";
        }
    }

    private static string? ReadKeyword(ReadOnlySpan<byte> text, out JsonValue value)
    {
        value = default;
        if (text.SequenceEqual("null"u8))
        {
            return null;
        }

        bool isTrue = text.SequenceEqual("true"u8);
        value = isTrue;
        return isTrue || text.SequenceEqual("false"u8)
            ? null
            : $"invalid keyword '{ModifiedUtf8.DecodeLossy(text)}'";
    }
}
