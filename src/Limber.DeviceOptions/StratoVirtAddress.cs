using System;
using System.Globalization;

namespace Limber.DeviceOptions;

/// <summary><c>SLOT[.FUNCTION]</c> as StratoVirt reads it: each part decimal, or hexadecimal after <c>0x</c>.</summary>
public static class StratoVirtAddress
{
    private const int MaxSlot = 31;
    private const int MaxFunction = 7;

    /// <returns>Slot times eight and function, as <c>addr</c> takes it.</returns>
    /// <exception cref="OptionException">Not an address.</exception>
    public static int Parse(string address)
    {
        string[] parts = address.Split('.');
        return parts.Length <= 2 && TryNumber(parts[0], MaxSlot, out int slot) && TryNumber(parts.Length == 2 ? parts[1] : "0", MaxFunction, out int function)
            ? (slot << 3) | function
            : throw new OptionException($"addr={address} is not SLOT[.FUNCTION] with a slot of 0 to {MaxSlot} and a function of 0 to {MaxFunction}");
    }

    private static bool TryNumber(string text, int max, out int value)
    {
        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return int.TryParse(
            hex ? text.AsSpan(2) : text, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value >= 0 && value <= max;
    }
}
