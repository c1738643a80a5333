using System;
using System.Globalization;

namespace Limber.Net;

/// <summary>An Ethernet address: six bytes, the first sent first in the highest byte of the value's lower 48 bits.</summary>
public readonly record struct MacAddress(ulong Value)
{
    private const int ByteCount = 6;

    /// <summary>True for one station, false for a group or broadcast.</summary>
    public bool IsUnicast => ((Value >> 40) & 1) == 0 && Value != 0;

    /// <summary>The address QEMU's users know: <c>52:54:00:12:34:56</c> and up, one a card.</summary>
    /// <param name="index">Number of the card, from 0.</param>
    public static MacAddress Default(int index) => new(0x5254_0012_3456UL + (ulong)index);

    /// <summary>Parses <c>xx:xx:xx:xx:xx:xx</c>, or with hyphens.</summary>
    public static bool TryParse(string text, out MacAddress address)
    {
        address = default;
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(text.Contains('-', StringComparison.Ordinal) ? '-' : ':');
        if (parts.Length != ByteCount)
        {
            return false;
        }

        ulong value = 0;
        foreach (string part in parts)
        {
            if (part.Length is < 1 or > 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte number))
            {
                return false;
            }

            value = (value << 8) | number;
        }

        address = new MacAddress(value);
        return true;
    }

    /// <summary>Writes the six bytes in the order of the wire.</summary>
    public void CopyTo(Span<byte> destination)
    {
        for (int i = 0; i < ByteCount; i++)
        {
            destination[i] = (byte)((Value >> (8 * (ByteCount - 1 - i))) & 0xFF);
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[ByteCount];
        CopyTo(bytes);
        return string.Create(
            CultureInfo.InvariantCulture, $"{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}:{bytes[3]:x2}:{bytes[4]:x2}:{bytes[5]:x2}");
    }
}
