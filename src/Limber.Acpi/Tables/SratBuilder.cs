using System;

namespace Limber.Acpi;

/// <summary>System resource affinity table (ACPI 6.5, 5.2.16): which processors and memory belong to which NUMA domain.</summary>
public sealed class SratBuilder : AcpiTableBuilder
{
    private const byte LocalApicAffinity = 0;
    private const byte MemoryAffinity = 1;
    private const byte LocalX2ApicAffinity = 2;
    private const uint Enabled = 1;

    private readonly AmlBuffer entries = new();

    public SratBuilder()
        : base("SRAT", 3)
    {
    }

    private protected override int BodySizeHint => 12 + entries.Length;

    /// <summary>Adds a processor: type 0 as long as the id fits, else type 2.</summary>
    public SratBuilder AddProcessor(uint apicId, uint domain) =>
        apicId < MadtBuilder.FirstX2ApicId ? AddLocalApic((byte)apicId, domain) : AddLocalX2Apic(apicId, domain);

    /// <summary>Adds a processor local APIC affinity, type 0 (5.2.16.1).</summary>
    public SratBuilder AddLocalApic(byte apicId, uint domain)
    {
        entries.Byte(LocalApicAffinity);
        entries.Byte(16);
        // The domain is split: its low byte here, the other three behind the flags.
        entries.Byte((byte)(domain & 0xFF));
        entries.Byte(apicId);
        entries.DWord(Enabled);
        entries.DWord(domain & 0xFFFF_FF00);
        entries.DWord(0);
        return this;
    }

    /// <summary>Adds a processor local x2APIC affinity, type 2 (5.2.16.3).</summary>
    public SratBuilder AddLocalX2Apic(uint apicId, uint domain)
    {
        entries.Byte(LocalX2ApicAffinity);
        entries.Byte(24);
        entries.Word(0);
        entries.DWord(domain);
        entries.DWord(apicId);
        entries.DWord(Enabled);
        entries.Zeros(8);
        return this;
    }

    /// <summary>Adds a memory affinity, type 1 (5.2.16.2).</summary>
    /// <param name="start">Guest physical address.</param>
    /// <param name="length">Bytes; not 0.</param>
    /// <param name="domain">NUMA domain.</param>
    /// <param name="traits">Whether the memory may come later, or keeps its content.</param>
    public SratBuilder AddMemory(ulong start, ulong length, uint domain, MemoryTraits traits = MemoryTraits.None)
    {
        if (length == 0 || length - 1 > ulong.MaxValue - start)
        {
            throw new ArgumentException($"SRAT: {length} bytes of memory at 0x{start:x} are empty or leave the 64-bit space.", nameof(length));
        }

        entries.Byte(MemoryAffinity);
        entries.Byte(40);
        entries.DWord(domain);
        entries.Word(0);
        entries.QWord(start);
        entries.QWord(length);
        entries.DWord(0);
        entries.DWord(Enabled | (uint)traits);
        entries.Zeros(8);
        return this;
    }

    private protected override void WriteBody(AmlBuffer buffer)
    {
        // Reserved, must be 1 for backward compatibility; then 8 reserved bytes.
        buffer.DWord(1);
        buffer.QWord(0);
        buffer.Bytes(entries.Written);
    }
}
