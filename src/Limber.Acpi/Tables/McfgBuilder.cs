using System;

namespace Limber.Acpi;

/// <summary>Memory mapped configuration space of PCI Express (PCI Firmware Specification 3.3, 4.1.2).</summary>
public sealed class McfgBuilder : AcpiTableBuilder
{
    private const int BusShift = 20;

    private readonly AmlBuffer entries = new();

    public McfgBuilder()
        : base("MCFG", 1)
    {
    }

    /// <summary>Adds the window of one segment.</summary>
    /// <param name="address">Guest physical address of bus 0's configuration space, also if <paramref name="firstBus"/> is not 0; 1 MiB aligned.</param>
    /// <param name="segment">PCI segment group.</param>
    /// <param name="firstBus">First bus.</param>
    /// <param name="lastBus">Last bus.</param>
    public McfgBuilder AddSegment(ulong address, ushort segment, byte firstBus, byte lastBus)
    {
        if ((address & ((1UL << BusShift) - 1)) != 0)
        {
            throw new ArgumentException($"MCFG: address 0x{address:x} of segment {segment} must be a multiple of 1 MiB.", nameof(address));
        }

        if (lastBus < firstBus)
        {
            throw new ArgumentException($"MCFG: last bus {lastBus} of segment {segment} is below its first, {firstBus}.", nameof(lastBus));
        }

        entries.QWord(address);
        entries.Word(segment);
        entries.Byte(firstBus);
        entries.Byte(lastBus);
        entries.DWord(0);
        return this;
    }

    private protected override void WriteBody(AmlBuffer buffer)
    {
        buffer.QWord(0);
        buffer.Bytes(entries.Written);
    }
}
