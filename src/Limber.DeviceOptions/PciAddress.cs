using System;
using System.Globalization;

namespace Limber.DeviceOptions;

/// <summary>The property <c>addr</c>: <c>SLOT[.FUNCTION]</c> in hexadecimal with or without <c>0x</c>, or a number, slot times eight and function.</summary>
internal static class PciAddress
{
    private const int MaxSlot = 31;
    private const int MaxFunction = 7;

    /// <returns>The slot, or null when none was given.</returns>
    public static int? ReadSlot(OptionReader options)
    {
        // The default that clients read is -1: any.
        if (!options.Bag.TryGet("addr", out OptionValue value) || value.AsNumber() == -1)
        {
            return null;
        }

        if (!TryRead(value, out int slot, out int function))
        {
            throw options.BadValue("addr", value.ToString());
        }

        return function == 0
            ? slot
            : throw OptionException.NotBuilt($"addr={value}", "supported: function 0");
    }

    private static bool TryRead(OptionValue value, out int slot, out int function)
    {
        slot = function = 0;
        if (value.AsNumber() is { } number)
        {
            if (number < 0 || number > MaxSlot * 8 + MaxFunction)
            {
                return false;
            }

            slot = (int)number >> 3;
            function = (int)number & MaxFunction;
            return true;
        }

        string[] parts = (value.AsText() ?? string.Empty).Split('.');
        return parts.Length <= 2
            && TryHex(parts[0], MaxSlot, out slot)
            && (parts.Length == 1 || TryHex(parts[1], MaxFunction, out function));
    }

    private static bool TryHex(string text, int max, out int value)
    {
        ReadOnlySpan<char> digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text;
        return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0 && value <= max;
    }
}
