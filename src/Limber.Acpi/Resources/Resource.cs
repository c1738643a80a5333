using System;

namespace Limber.Acpi;

/// <summary>
/// Makes the entries of resource templates (ACPI 6.5, 6.4). Ranges have fixed limits and are given by their first and last
/// address. A consumer uses a range itself; a producer, like a PCI root bridge, hands it on to its children.
/// </summary>
public static partial class Resource
{
    private const int LastIsaIrq = 15;

    /// <summary><c>IO (Decode16, min, max, alignment, length)</c></summary>
    public static ResourceDescriptor Io(ushort min, ushort max, byte alignment, byte length)
    {
        if (max < min)
        {
            throw new ArgumentException($"IO: the highest base 0x{max:x} is below the lowest, 0x{min:x}.", nameof(max));
        }

        var buffer = new AmlBuffer();
        buffer.Byte(0x47);
        // The device decodes all 16 address lines.
        buffer.Byte(1);
        buffer.Word(min);
        buffer.Word(max);
        buffer.Byte(alignment);
        buffer.Byte(length);
        return new ResourceDescriptor(buffer.ToArray());
    }

    /// <summary><c>IRQNoFlags () { irqs }</c>: edge, active high, exclusive.</summary>
    /// <param name="irqs">0 to 15.</param>
    public static ResourceDescriptor IrqNoFlags(params ReadOnlySpan<int> irqs)
    {
        ushort mask = IrqMask(irqs);
        return new ResourceDescriptor([0x22, (byte)(mask & 0xFF), (byte)(mask >> 8)]);
    }

    /// <summary><c>IRQ (mode, polarity, sharing) { irqs }</c></summary>
    /// <param name="mode">Trigger.</param>
    /// <param name="polarity">Active level.</param>
    /// <param name="sharing">Sharing.</param>
    /// <param name="irqs">0 to 15.</param>
    public static ResourceDescriptor Irq(
        InterruptMode mode, InterruptPolarity polarity, InterruptSharing sharing, params ReadOnlySpan<int> irqs)
    {
        ushort mask = IrqMask(irqs);
        // Bit 0 edge, bit 3 active low, bit 4 shared.
        byte flags = (byte)((byte)mode | ((byte)polarity << 3) | ((byte)sharing << 4));
        return new ResourceDescriptor([0x23, (byte)(mask & 0xFF), (byte)(mask >> 8), flags]);
    }

    /// <summary><c>Interrupt (ResourceConsumer|ResourceProducer, mode, polarity, sharing) { gsis }</c></summary>
    /// <param name="consumer">The device uses the interrupts itself.</param>
    /// <param name="mode">Trigger.</param>
    /// <param name="polarity">Active level.</param>
    /// <param name="sharing">Sharing.</param>
    /// <param name="gsis">1 to 255 global system interrupts.</param>
    public static ResourceDescriptor Interrupt(
        bool consumer, InterruptMode mode, InterruptPolarity polarity, InterruptSharing sharing, params ReadOnlySpan<uint> gsis)
    {
        AmlCheck.Range(gsis.Length, 1, byte.MaxValue, "The number of interrupts of a descriptor", nameof(gsis));
        var buffer = new AmlBuffer();
        buffer.Byte(0x89);
        buffer.Word((ushort)(2 + (gsis.Length * sizeof(uint))));
        // Bit 0 consumer, bit 1 edge, bit 2 active low, bit 3 shared.
        buffer.Byte((byte)((consumer ? 1 : 0) | ((byte)mode << 1) | ((byte)polarity << 2) | ((byte)sharing << 3)));
        buffer.Byte((byte)gsis.Length);
        foreach (uint gsi in gsis)
        {
            buffer.DWord(gsi);
        }

        return new ResourceDescriptor(buffer.ToArray());
    }

    /// <summary><c>Memory32Fixed (ReadWrite|ReadOnly, start, length)</c></summary>
    public static ResourceDescriptor Memory32Fixed(bool writable, uint start, uint length)
    {
        if (length == 0 || length - 1 > uint.MaxValue - start)
        {
            throw new ArgumentException($"Memory32Fixed: {length} bytes at 0x{start:x} are empty or leave the 32-bit space.", nameof(length));
        }

        var buffer = new AmlBuffer();
        buffer.Byte(0x86);
        buffer.Word(9);
        buffer.Byte((byte)(writable ? 1 : 0));
        buffer.DWord(start);
        buffer.DWord(length);
        return new ResourceDescriptor(buffer.ToArray());
    }

    private static ushort IrqMask(ReadOnlySpan<int> irqs)
    {
        int mask = 0;
        foreach (int irq in irqs)
        {
            mask |= 1 << AmlCheck.Range(irq, 0, LastIsaIrq, "An IRQ", nameof(irqs));
        }

        return (ushort)mask;
    }
}
