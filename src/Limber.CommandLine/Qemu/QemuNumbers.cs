using System;
using System.Globalization;

namespace Limber.CommandLine.Qemu;

/// <summary>Reads numbers and sizes as QEMU's options spell them.</summary>
internal static class QemuNumbers
{
    /// <summary>
    /// A size: decimal with an optional fraction and suffix, or hexadecimal without either.
    /// Suffixes are powers of 1024 in either case: b, k, M, G, T, P, E.
    /// </summary>
    /// <param name="option">The option and its value as typed, for messages.</param>
    /// <param name="key">The parameter's name, for messages.</param>
    /// <param name="text">The text of the size.</param>
    /// <param name="defaultShift">log2 of the unit of a number without suffix (20: MiB).</param>
    /// <returns>Bytes; a fraction of a byte is dropped.</returns>
    public static ulong Size(string option, string key, string text, int defaultShift)
    {
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart();
        bool negative = rest.StartsWith("-");
        if (negative || rest.StartsWith("+"))
        {
            rest = rest[1..];
        }

        UInt128? bytes = rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? Hexadecimal(rest[2..], defaultShift)
            : Decimal(rest, defaultShift);
        return bytes switch
        {
            null => throw new CommandLineException(
                $"{option}: Parameter '{key}' expects a non-negative number below 2^64"),
            UInt128 n when n > ulong.MaxValue || (negative && n != 0) => throw new CommandLineException(
                $"{option}: Value '{text}' is out of range for parameter '{key}'"),
            UInt128 n => (ulong)n,
        };
    }

    /// <summary>A whole number, decimal or <c>0x</c> hexadecimal; a negative one wraps as in C.</summary>
    public static ulong Unsigned(string option, string key, string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart();
        bool negative = rest.StartsWith("-");
        if (negative || rest.StartsWith("+"))
        {
            rest = rest[1..];
        }

        bool hex = rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool ok = hex
            ? ulong.TryParse(rest[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            : ulong.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        if (!ok)
        {
            throw new CommandLineException($"{option}: Parameter '{key}' expects a number");
        }

        return negative ? unchecked(0 - value) : value;
    }

    private static UInt128? Hexadecimal(ReadOnlySpan<char> digits, int shift)
    {
        bool ok = ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value);
        return ok ? (UInt128)value << shift : null;
    }

    private static UInt128? Decimal(ReadOnlySpan<char> text, int defaultShift)
    {
        int digits = CountDigits(text);
        ReadOnlySpan<char> fraction = default;
        int at = digits;
        if (at < text.Length && text[at] == '.')
        {
            fraction = text.Slice(at + 1, CountDigits(text[(at + 1)..]));
            at += 1 + fraction.Length;
        }

        if (digits + fraction.Length == 0 || Suffix(text[at..], defaultShift) is not int shift)
        {
            return null;
        }

        if (shift == 0 && fraction.ContainsAnyExcept('0'))
        {
            return null;
        }

        // More than 20 digits before the point are beyond 2^64 whatever the unit.
        ReadOnlySpan<char> whole = text[..digits].TrimStart('0');
        if (whole.Length > 20)
        {
            return UInt128.MaxValue;
        }

        UInt128 bytes = Digits(whole) << shift;
        ReadOnlySpan<char> significant = fraction[..Math.Min(fraction.Length, 18)];
        UInt128 scale = 1;
        for (int i = 0; i < significant.Length; i++)
        {
            scale *= 10;
        }

        return bytes + ((Digits(significant) << shift) / scale);
    }

    private static UInt128 Digits(ReadOnlySpan<char> digits)
    {
        UInt128 value = 0;
        foreach (char c in digits)
        {
            value = (value * 10) + (uint)(c - '0');
        }

        return value;
    }

    private static int CountDigits(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static int? Suffix(ReadOnlySpan<char> suffix, int defaultShift) =>
        suffix switch
        {
            "" => defaultShift,
            "b" or "B" => 0,
            "k" or "K" => 10,
            "m" or "M" => 20,
            "g" or "G" => 30,
            "t" or "T" => 40,
            "p" or "P" => 50,
            "e" or "E" => 60,
            _ => null,
        };
}
