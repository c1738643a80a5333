using System;

namespace Limber.Acpi;

/// <summary>Address space descriptors (ACPI 6.5, 6.4.3.5).</summary>
public static partial class Resource
{
    private const byte MemoryRange = 0;
    private const byte IoRange = 1;
    private const byte BusNumberRange = 2;

    // I/O type flags: the range is used whole, ISA addresses and others.
    private const byte EntireRange = 3;

    /// <summary><c>QWordMemory (usage, PosDecode, MinFixed, MaxFixed, caching, ReadWrite|ReadOnly, 0, min, max, translation, length)</c></summary>
    /// <param name="caching">How the guest may map the range.</param>
    /// <param name="writable">Not only to be read.</param>
    /// <param name="min">First address.</param>
    /// <param name="max">Last address.</param>
    /// <param name="translation">What a bridge adds to an address of its secondary side.</param>
    /// <param name="consumer">The device uses the range itself.</param>
    public static ResourceDescriptor QWordMemory(
        MemoryCaching caching, bool writable, ulong min, ulong max, ulong translation = 0, bool consumer = false) =>
        AddressSpace(8, MemoryRange, MemoryFlags(caching, writable), consumer, new Limits(min, max, translation));

    /// <summary>As <see cref="QWordMemory"/>, below 4 GiB.</summary>
    public static ResourceDescriptor DWordMemory(
        MemoryCaching caching, bool writable, uint min, uint max, uint translation = 0, bool consumer = false) =>
        AddressSpace(4, MemoryRange, MemoryFlags(caching, writable), consumer, new Limits(min, max, translation));

    /// <summary><c>DWordIO (usage, MinFixed, MaxFixed, PosDecode, EntireRange, 0, min, max, translation, length)</c></summary>
    public static ResourceDescriptor DWordIo(uint min, uint max, uint translation = 0, bool consumer = false) =>
        AddressSpace(4, IoRange, EntireRange, consumer, new Limits(min, max, translation));

    /// <summary><c>WordIO (usage, MinFixed, MaxFixed, PosDecode, EntireRange, 0, min, max, translation, length)</c></summary>
    public static ResourceDescriptor WordIo(ushort min, ushort max, ushort translation = 0, bool consumer = false) =>
        AddressSpace(2, IoRange, EntireRange, consumer, new Limits(min, max, translation));

    /// <summary><c>WordBusNumber (usage, MinFixed, MaxFixed, PosDecode, 0, min, max, 0, length)</c></summary>
    public static ResourceDescriptor WordBusNumber(ushort min, ushort max, bool consumer = false) =>
        AddressSpace(2, BusNumberRange, 0, consumer, new Limits(min, max, 0));

    private static byte MemoryFlags(MemoryCaching caching, bool writable) => (byte)((writable ? 1 : 0) | ((byte)caching << 1));

    /// <summary>
    /// <code>
    /// 0 tag 0x87 DWord, 0x88 Word, 0x8A QWord    1 length of the rest (2 bytes)    3 type
    /// 4 general flags: bit 0 consumer, bit 1 subtractive decode, bit 2 minimum fixed, bit 3 maximum fixed
    /// 5 type-specific flags    6 granularity, minimum, maximum, translation, length: each of the descriptor's width
    /// </code>
    /// </summary>
    private static ResourceDescriptor AddressSpace(int width, byte type, byte typeFlags, bool consumer, Limits limits)
    {
        ulong widest = ulong.MaxValue >> (64 - (8 * width));
        if (limits.Max < limits.Min || limits.Max - limits.Min >= widest)
        {
            throw new ArgumentException(
                $"Address range 0x{limits.Min:x} to 0x{limits.Max:x} must not be empty nor longer than 0x{widest:x}.", nameof(limits));
        }

        var buffer = new AmlBuffer();
        buffer.Byte(width switch { 8 => 0x8A, 4 => 0x87, _ => 0x88 });
        buffer.Word((ushort)(3 + (5 * width)));
        buffer.Byte(type);
        buffer.Byte((byte)(0b1100 | (consumer ? 1 : 0)));
        buffer.Byte(typeFlags);
        ReadOnlySpan<ulong> numbers = [0, limits.Min, limits.Max, limits.Translation, limits.Max - limits.Min + 1];
        foreach (ulong number in numbers)
        {
            switch (width)
            {
                case 8:
                    buffer.QWord(number);
                    break;
                case 4:
                    buffer.DWord((uint)number);
                    break;
                default:
                    buffer.Word((ushort)number);
                    break;
            }
        }

        return new ResourceDescriptor(buffer.ToArray());
    }

    private readonly record struct Limits(ulong Min, ulong Max, ulong Translation);
}
