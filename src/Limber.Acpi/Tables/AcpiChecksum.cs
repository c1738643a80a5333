using System;

namespace Limber.Acpi;

/// <summary>The checksum of ACPI: bytes that add up to zero modulo 256.</summary>
internal static class AcpiChecksum
{
    /// <summary>Sum of the bytes modulo 256.</summary>
    public static byte Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
        {
            sum = unchecked((byte)(sum + value));
        }

        return sum;
    }

    /// <summary>The byte that makes the sum zero, in place of a byte that is now zero.</summary>
    public static byte Complement(ReadOnlySpan<byte> bytes) => unchecked((byte)-Sum(bytes));
}
