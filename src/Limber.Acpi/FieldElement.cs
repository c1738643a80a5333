using System;

namespace Limber.Acpi;

/// <summary>A part of a field list: a named field, bits that nobody names, or a jump to an offset.</summary>
public sealed class FieldElement
{
    private readonly string? name;
    private readonly long value;
    private readonly bool isOffset;

    private FieldElement(string? name, long value, bool isOffset)
    {
        this.name = name;
        this.value = value;
        this.isOffset = isOffset;
    }

    /// <summary><c>NAME, bits</c></summary>
    /// <param name="name">One segment.</param>
    /// <param name="bits">Width, 1 to 2^28 - 1.</param>
    public static FieldElement Named(string name, long bits)
    {
        AmlNameString.EncodeSegment(name);
        return new FieldElement(name, CheckBits(bits, $"field {name}"), isOffset: false);
    }

    /// <summary><c>, bits</c></summary>
    /// <param name="bits">Width, 1 to 2^28 - 1.</param>
    public static FieldElement Reserved(long bits) => new(null, CheckBits(bits, "a reserved field"), isOffset: false);

    /// <summary><c>Offset (byteOffset)</c>: what follows begins there.</summary>
    /// <param name="byteOffset">Bytes from the start of the region; not before the end of the previous element.</param>
    public static FieldElement Offset(long byteOffset) => byteOffset is >= 0 and <= uint.MaxValue
        ? new FieldElement(null, byteOffset, isOffset: true)
        : throw new ArgumentOutOfRangeException(nameof(byteOffset), byteOffset, $"A field offset must be 0 to {uint.MaxValue}.");

    /// <summary>
    /// The encoded list (ACPI 6.5, 20.2.5.2): a named field is its segment and its packed width, a reserved one a zero and its
    /// packed width. AML has no offsets: they become reserved bits.
    /// </summary>
    internal static byte[] EncodeList(ReadOnlySpan<FieldElement> elements, string region)
    {
        var buffer = new AmlBuffer();
        long position = 0;
        foreach (FieldElement element in elements)
        {
            long bits = element.isOffset ? (element.value * 8) - position : element.value;
            if (bits < 0)
            {
                throw new ArgumentException(
                    $"Field of region {region}: offset 0x{element.value:x} lies before the end of the previous element, bit {position}.",
                    nameof(elements));
            }

            position += bits;
            WriteElement(buffer, element.name, bits);
        }

        return buffer.ToArray();
    }

    private static void WriteElement(AmlBuffer buffer, string? name, long bits)
    {
        if (name is not null)
        {
            buffer.Bytes(AmlNameString.EncodeSegment(name));
            buffer.PackageLength((int)bits);
            return;
        }

        // One reserved field holds at most 2^28 - 1 bits, 32 MiB: a farther offset takes several.
        while (bits > 0)
        {
            int part = (int)Math.Min(bits, AmlBuffer.MaxPackageLength);
            buffer.Byte(0);
            buffer.PackageLength(part);
            bits -= part;
        }
    }

    private static long CheckBits(long bits, string what) => bits is > 0 and <= AmlBuffer.MaxPackageLength
        ? bits
        : throw new ArgumentOutOfRangeException(nameof(bits), bits, $"The width of {what} must be 1 to {AmlBuffer.MaxPackageLength} bits.");
}
