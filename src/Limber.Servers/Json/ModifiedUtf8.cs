using System;
using System.Text;

namespace Limber.Servers.Json;

/// <summary>
/// UTF-8 with one difference: U+0000 may also be written C0 80. Surrogates, noncharacters, other overlong forms and
/// values beyond U+10FFFF are invalid.
/// </summary>
internal static class ModifiedUtf8
{
    public const char Replacement = '\uFFFD';

    /// <summary>Decodes the first character; -1 when it is invalid.</summary>
    /// <param name="text">Not empty.</param>
    /// <param name="length">Bytes it takes: the invalid lead, or the lead with the continuation bytes it did get.</param>
    public static int Decode(ReadOnlySpan<byte> text, out int length)
    {
        byte lead = text[0];
        length = 1;
        if (lead < 0x80)
        {
            return lead;
        }

        if (lead is < 0xC0 or >= 0xFE)
        {
            return -1;
        }

        int more = lead switch { < 0xE0 => 1, < 0xF0 => 2, < 0xF8 => 3, < 0xFC => 4, _ => 5 };
        long value = lead & (0x7F >> (more + 1));
        for (int i = 0; i < more; i++)
        {
            if (length == text.Length || (text[length] & 0xC0) != 0x80)
            {
                return -1;
            }

            value = (value << 6) | (text[length] & 0x3Fu);
            length++;
        }

        if (value == 0 && more == 1)
        {
            return 0;
        }

        long smallest = more switch { 1 => 0x80, 2 => 0x800, 3 => 0x10000, 4 => 0x200000, _ => 0x4000000 };
        return value >= smallest && IsCharacter(value) ? (int)value : -1;
    }

    /// <summary>True for a code point that may stand in a string: no surrogate, no noncharacter, at most U+10FFFF.</summary>
    public static bool IsCharacter(long value) =>
        value is >= 0 and <= 0x10FFFF
        && value is not (>= 0xD800 and <= 0xDFFF)
        && value is not (>= 0xFDD0 and <= 0xFDEF)
        && (value & 0xFFFE) != 0xFFFE;

    public static void AppendTo(StringBuilder text, int codePoint)
    {
        if (codePoint > 0xFFFF)
        {
            int offset = codePoint - 0x10000;
            text.Append((char)(0xD800 + (offset >> 10))).Append((char)(0xDC00 + (offset & 0x3FF)));
        }
        else
        {
            text.Append((char)codePoint);
        }
    }

    /// <summary>Text for a message: up to the first NUL, invalid sequences replaced.</summary>
    public static string DecodeLossy(ReadOnlySpan<byte> text)
    {
        StringBuilder result = new();
        while (text.Length > 0 && text[0] != 0)
        {
            int codePoint = Decode(text, out int length);
            AppendTo(result, codePoint < 0 ? Replacement : codePoint);
            text = text[length..];
        }

        return result.ToString();
    }
}
