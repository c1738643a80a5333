using System;
using System.Globalization;

namespace Limber.DeviceOptions;

/// <summary>
/// Sizes as QEMU's options spell them: decimal with an optional fraction and unit, or hexadecimal after <c>0x</c> without either. Units are
/// powers of 1024 in either case: b, k, M, G, T, P, E.
/// </summary>
public static class SizeText
{
    private const int MostDigits = 20;
    private const int SignificantFraction = 18;

    /// <summary>Bytes, a fraction of one dropped; null for what is no size. It may be beyond 64 bits.</summary>
    public static Int128? Parse(string text)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex) ? hex : null;
        }

        if (text.Length == 0)
        {
            return null;
        }

        int shift = text[^1] switch
        {
            'b' or 'B' => 0,
            'k' or 'K' => 10,
            'M' or 'm' => 20,
            'G' or 'g' => 30,
            'T' or 't' => 40,
            'P' or 'p' => 50,
            'E' or 'e' => 60,
            _ => -1,
        };
        string[] parts = (shift < 0 ? text : text[..^1]).Split('.');
        shift = Math.Max(shift, 0);
        string fraction = parts.Length == 2 ? parts[1] : string.Empty;
        bool valid = parts.Length <= 2 && parts[0].Length + fraction.Length > 0 && parts[0].Length <= MostDigits
            && IsDigits(parts[0]) && IsDigits(fraction)
            && (shift > 0 || fraction.AsSpan().IndexOfAnyExcept('0') < 0);
        if (!valid)
        {
            return null;
        }

        string significant = fraction[..Math.Min(fraction.Length, SignificantFraction)];
        UInt128 scale = 1;
        for (int i = 0; i < significant.Length; i++)
        {
            scale *= 10;
        }

        UInt128 bytes = (Digits(parts[0]) << shift) + ((Digits(significant) << shift) / scale);
        return (Int128)bytes;
    }

    private static bool IsDigits(string text) => text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;

    private static UInt128 Digits(string digits)
    {
        UInt128 value = 0;
        foreach (char c in digits)
        {
            value = (value * 10) + (uint)(c - '0');
        }

        return value;
    }
}
