using System;

namespace Limber.Acpi.Tests;

/// <summary>Reads package lengths as an interpreter does (ACPI 6.5, 20.2.4).</summary>
internal static class PackageLengthReader
{
    /// <returns>The package length and how many bytes it takes itself.</returns>
    public static (int Length, int Size) Read(ReadOnlySpan<byte> bytes)
    {
        int more = bytes[0] >> 6;
        int value = more == 0 ? bytes[0] & 0x3F : bytes[0] & 0xF;
        for (int i = 1; i <= more; i++)
        {
            value |= bytes[i] << (4 + (8 * (i - 1)));
        }

        return (value, 1 + more);
    }
}
