using System;

namespace Limber.Acpi;

/// <summary>
/// Multiple APIC description table (ACPI 6.5, 5.2.12): interrupt controllers and processors. Entries are kept in the order in
/// which they are added; guests number processors in that order.
/// </summary>
public sealed class MadtBuilder : AcpiTableBuilder
{
    /// <summary>The first APIC id that only an x2APIC entry can hold.</summary>
    public const uint FirstX2ApicId = 255;

    /// <summary>As processor uid of an NMI: all processors.</summary>
    public const uint AllProcessors = uint.MaxValue;

    private const byte LocalApic = 0;
    private const byte IoApic = 1;
    private const byte SourceOverride = 2;
    private const byte LocalApicNmi = 4;
    private const byte LocalX2Apic = 9;
    private const byte LocalX2ApicNmi = 10;
    private const byte AllLocalApics = byte.MaxValue;

    private readonly AmlBuffer entries = new();

    public MadtBuilder()
        : base("APIC", 6)
    {
    }

    /// <summary>Guest physical address of the local APICs.</summary>
    public uint LocalApicAddress { get; init; } = 0xFEE0_0000;

    /// <summary>The machine has a pair of 8259 too, which is to be disabled.</summary>
    public bool HasDual8259 { get; init; }

    private protected override int BodySizeHint => 8 + entries.Length;

    /// <summary>Adds a processor: type 0 as long as the ids fit, else type 9.</summary>
    /// <param name="processorUid">The <c>_UID</c> of its device.</param>
    /// <param name="apicId">APIC id.</param>
    /// <param name="state">Whether it is there at boot.</param>
    public MadtBuilder AddProcessor(uint processorUid, uint apicId, ProcessorState state) =>
        apicId < FirstX2ApicId && processorUid < AllLocalApics
            ? AddLocalApic((byte)processorUid, (byte)apicId, state)
            : AddLocalX2Apic(processorUid, apicId, state);

    /// <summary>Adds a processor local APIC, type 0 (5.2.12.2).</summary>
    public MadtBuilder AddLocalApic(byte processorUid, byte apicId, ProcessorState state)
    {
        if (processorUid == AllLocalApics || apicId == AllLocalApics)
        {
            throw new ArgumentException($"MADT: processor {processorUid} with APIC id {apicId}: 255 stands for all processors.", nameof(apicId));
        }

        Begin(LocalApic, 8);
        entries.Byte(processorUid);
        entries.Byte(apicId);
        entries.DWord((uint)Check(state));
        return this;
    }

    /// <summary>Adds a processor local x2APIC, type 9 (5.2.12.12).</summary>
    public MadtBuilder AddLocalX2Apic(uint processorUid, uint apicId, ProcessorState state)
    {
        Begin(LocalX2Apic, 16);
        entries.Word(0);
        entries.DWord(apicId);
        entries.DWord((uint)Check(state));
        entries.DWord(processorUid);
        return this;
    }

    /// <summary>Adds an I/O APIC, type 1 (5.2.12.3).</summary>
    /// <param name="id">I/O APIC id.</param>
    /// <param name="address">Guest physical address.</param>
    /// <param name="gsiBase">Global system interrupt of its first pin.</param>
    public MadtBuilder AddIoApic(byte id, uint address, uint gsiBase)
    {
        Begin(IoApic, 12);
        entries.Byte(id);
        entries.Byte(0);
        entries.DWord(address);
        entries.DWord(gsiBase);
        return this;
    }

    /// <summary>Adds an interrupt source override, type 2 (5.2.12.5): an ISA IRQ that differs from identity, edge, active high.</summary>
    public MadtBuilder AddInterruptSourceOverride(byte irq, uint gsi, InterruptMode mode, InterruptPolarity polarity)
    {
        Begin(SourceOverride, 10);
        // Bus 0 is ISA.
        entries.Byte(0);
        entries.Byte(irq);
        entries.DWord(gsi);
        entries.Word(MpsFlags(mode, polarity));
        return this;
    }

    /// <summary>Adds a local APIC NMI, type 4 (5.2.12.7).</summary>
    /// <param name="processorUid">Below 255, or <see cref="AllProcessors"/>.</param>
    /// <param name="lint">Local interrupt pin, 0 or 1.</param>
    /// <param name="mode">Trigger.</param>
    /// <param name="polarity">Active level.</param>
    public MadtBuilder AddLocalApicNmi(uint processorUid, byte lint, InterruptMode mode, InterruptPolarity polarity)
    {
        if (processorUid is >= AllLocalApics and not AllProcessors)
        {
            throw new ArgumentException($"MADT: a local APIC NMI is for a processor below 255 or for all, not {processorUid}.", nameof(processorUid));
        }

        CheckLint(lint);
        Begin(LocalApicNmi, 6);
        entries.Byte((byte)(processorUid & byte.MaxValue));
        entries.Word(MpsFlags(mode, polarity));
        entries.Byte(lint);
        return this;
    }

    /// <summary>Adds a local x2APIC NMI, type 10 (5.2.12.13).</summary>
    /// <param name="processorUid">A processor, or <see cref="AllProcessors"/>.</param>
    /// <param name="lint">Local interrupt pin, 0 or 1.</param>
    /// <param name="mode">Trigger.</param>
    /// <param name="polarity">Active level.</param>
    public MadtBuilder AddLocalX2ApicNmi(uint processorUid, byte lint, InterruptMode mode, InterruptPolarity polarity)
    {
        CheckLint(lint);
        Begin(LocalX2ApicNmi, 12);
        entries.Word(MpsFlags(mode, polarity));
        entries.DWord(processorUid);
        entries.Byte(lint);
        entries.Zeros(3);
        return this;
    }

    private protected override void WriteBody(AmlBuffer buffer)
    {
        buffer.DWord(LocalApicAddress);
        buffer.DWord(HasDual8259 ? 1U : 0U);
        buffer.Bytes(entries.Written);
    }

    private void Begin(byte type, byte length)
    {
        entries.Byte(type);
        entries.Byte(length);
    }

    // Spec: ACPI 6.5, table 5.26, MPS INTI flags: bits 1:0 polarity, 01 high, 11 low; bits 3:2 trigger, 01 edge, 11 level.
    private static ushort MpsFlags(InterruptMode mode, InterruptPolarity polarity) =>
        (ushort)((polarity == InterruptPolarity.ActiveHigh ? 0b01 : 0b11) | (mode == InterruptMode.Edge ? 0b01_00 : 0b11_00));

    private static ProcessorState Check(ProcessorState state) =>
        state is ProcessorState.None or ProcessorState.Enabled or ProcessorState.OnlineCapable
            ? state
            : throw new ArgumentException($"MADT: a processor is either enabled or online capable, not {state}.", nameof(state));

    private static void CheckLint(byte lint) =>
        AmlCheck.Range(lint, 0, 1, "MADT: the local interrupt pin of an NMI", nameof(lint));
}
