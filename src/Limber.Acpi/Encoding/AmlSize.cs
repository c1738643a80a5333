using System;

namespace Limber.Acpi;

/// <summary>Sizes in bytes of what terms are made of.</summary>
internal static class AmlSize
{
    public static int Of(AmlOpcode opcode) => (ushort)opcode > byte.MaxValue ? 2 : 1;

    /// <exception cref="ArgumentException">The terms are larger than any package may be.</exception>
    public static int Of(ReadOnlySpan<AmlTerm> terms)
    {
        long size = 0;
        foreach (AmlTerm term in terms)
        {
            size += term.Length;
        }

        return size <= AmlBuffer.MaxPackageLength
            ? (int)size
            : throw new ArgumentException($"AML terms of {size} bytes exceed the largest package, {AmlBuffer.MaxPackageLength} bytes.", nameof(terms));
    }
}
