using System;

namespace Limber.Cpu;

/// <summary>
/// The integer grammar of QEMU's options, which is C's <c>strtoll</c> with base 0 over the whole text:
/// leading blanks, a sign, then hexadecimal after <c>0x</c>, octal after <c>0</c>, else decimal.
/// Trailing characters, even blanks, are refused, and so is what does not fit 64 bits.
/// </summary>
public static class QemuInteger
{
    /// <summary>Parses the whole text; false if it is not such an integer.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        ReadOnlySpan<char> digits = text.TrimStart(" \t\n\v\f\r");
        bool negative = digits.StartsWith('-');
        if (negative || digits.StartsWith('+'))
        {
            digits = digits[1..];
        }

        uint radix = 10;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            radix = 16;
            digits = digits[2..];
        }
        else if (digits.Length > 1 && digits[0] == '0')
        {
            radix = 8;
            digits = digits[1..];
        }

        if (digits.IsEmpty || !TryAccumulate(digits, radix, out UInt128 magnitude))
        {
            return false;
        }

        UInt128 limit = (UInt128)long.MaxValue + (negative ? 1u : 0u);
        if (magnitude > limit)
        {
            return false;
        }

        value = unchecked(negative ? -(long)(ulong)magnitude : (long)(ulong)magnitude);
        return true;
    }

    private static bool TryAccumulate(ReadOnlySpan<char> digits, uint radix, out UInt128 magnitude)
    {
        magnitude = 0;
        foreach (char c in digits)
        {
            uint digit = HexDigit(c);
            if (digit >= radix || magnitude > ulong.MaxValue)
            {
                return false;
            }

            magnitude = (magnitude * radix) + digit;
        }

        return true;
    }

    private static uint HexDigit(char c) => c switch
    {
        >= '0' and <= '9' => (uint)(c - '0'),
        >= 'a' and <= 'f' => (uint)(c - 'a') + 10,
        >= 'A' and <= 'F' => (uint)(c - 'A') + 10,
        _ => uint.MaxValue,
    };
}
