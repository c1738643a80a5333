using System;
using System.Text;

namespace Limber.Servers.Json;

/// <summary>Turns a quoted token into text.</summary>
internal static class JsonStringDecoder
{
    /// <summary>Decodes a token as the lexer accepted it: every backslash is followed by a byte.</summary>
    /// <param name="token">With its quotes.</param>
    /// <param name="text">The text; empty on failure.</param>
    /// <param name="error">On failure the words for the client.</param>
    public static bool TryDecode(ReadOnlySpan<byte> token, out string text, out string? error)
    {
        error = null;
        text = string.Empty;
        ReadOnlySpan<byte> rest = token[1..^1];
        if (rest.IndexOf((byte)'\\') < 0 && Ascii.IsValid(rest))
        {
            text = Encoding.ASCII.GetString(rest);
            return true;
        }

        StringBuilder result = new(Math.Min(rest.Length, 4096));
        while (rest.Length > 0)
        {
            int codePoint;
            int length;
            if (rest[0] == (byte)'\\')
            {
                codePoint = DecodeEscape(rest, token[^1], out length, out error);
            }
            else
            {
                codePoint = ModifiedUtf8.Decode(rest, out length);
                error = codePoint < 0 ? "invalid UTF-8 sequence in string" : null;
            }

            if (error is not null)
            {
                return false;
            }

            ModifiedUtf8.AppendTo(result, codePoint);
            rest = rest[length..];
        }

        text = result.ToString();
        return true;
    }

    private static int DecodeEscape(ReadOnlySpan<byte> rest, byte quote, out int length, out string? error)
    {
        error = null;
        length = 2;
        switch (rest[1])
        {
            case (byte)'"' or (byte)'\'' or (byte)'\\' or (byte)'/':
                return rest[1];
            case (byte)'b':
                return '\b';
            case (byte)'f':
                return '\f';
            case (byte)'n':
                return '\n';
            case (byte)'r':
                return '\r';
            case (byte)'t':
                return '\t';
            case (byte)'u':
                return DecodeUnicode(rest, quote, out length, out error);
            default:
                error = "invalid escape sequence in string";
                return -1;
        }
    }

    private static int DecodeUnicode(ReadOnlySpan<byte> rest, byte quote, out int length, out string? error)
    {
        error = null;
        length = 6;
        int value = Hex4(rest[2..]);
        if (value is >= 0xD800 and <= 0xDBFF && rest.Length >= 12 && rest[6] == (byte)'\\' && rest[7] == (byte)'u')
        {
            int trailing = Hex4(rest[8..]);
            if (trailing is >= 0xDC00 and <= 0xDFFF)
            {
                value = 0x10000 + ((value & 0x3FF) << 10) + (trailing & 0x3FF);
                length = 12;
            }
        }

        if (!ModifiedUtf8.IsCharacter(value))
        {
            // The message quotes six bytes; where the string ends earlier, its closing quote is the last of them.
            string quoted = ModifiedUtf8.DecodeLossy(rest[..Math.Min(length, rest.Length)]);
            string end = length > rest.Length ? ((char)quote).ToString() : string.Empty;
            error = $"{quoted}{end} is not a valid Unicode character";
        }

        return value;
    }

    private static int Hex4(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            if (i >= digits.Length || !char.IsAsciiHexDigit((char)digits[i]))
            {
                return -1;
            }

            value = (value << 4) | Convert.ToInt32(((char)digits[i]).ToString(), 16);
        }

        return value;
    }
}
