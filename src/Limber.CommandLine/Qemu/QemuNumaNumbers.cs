using System;
using System.Globalization;

namespace Limber.CommandLine.Qemu;

/// <summary>Reads the whole numbers and ranges of <c>-numa</c>, decimal or hexadecimal after <c>0x</c>.</summary>
internal static class QemuNumaNumbers
{
    /// <summary>A number from 0 to <paramref name="max"/>, which is the largest value of the key's type.</summary>
    public static int Number(string option, string key, string text, int max) =>
        TryParse(text, out ulong number)
            ? Narrow(option, key, number, max)
            : throw new CommandLineException($"{option}: Parameter '{key}' expects {(max == int.MaxValue ? "an int64" : "a uint64")} value");

    /// <summary><c>FIRST</c> or <c>FIRST-LAST</c>, each of 16 bits.</summary>
    public static (int First, int Last) Range(string option, string key, string text)
    {
        string[] sides = text.Split('-', 2);
        if (!TryParse(sides[0], out ulong first) || !TryParse(sides[^1], out ulong last) || first > last)
        {
            throw new CommandLineException($"{option}: Parameter '{key}' expects a uint64 value or range");
        }

        return (Narrow(option, key, first, ushort.MaxValue), Narrow(option, key, last, ushort.MaxValue));
    }

    private static int Narrow(string option, string key, ulong number, int max) =>
        number <= (ulong)max
            ? (int)number
            : throw new CommandLineException($"{option}: Parameter '{key}' expects {TypeName(max)}");

    private static string TypeName(int max) =>
        max switch
        {
            byte.MaxValue => "uint8_t",
            ushort.MaxValue => "uint16_t",
            _ => $"a number from 0 to {max}",
        };

    // C would take a leading zero for octal. Nobody means that, and reading it as decimal could be wrong: it is refused.
    private static bool TryParse(string text, out ulong number)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (text[0] != '0' || text.Length == 1);
    }
}
