using System;
using System.Collections.Generic;
using System.Linq;

namespace Limber.Acpi.Tests;

public sealed class AmlArgumentTests
{
    private static readonly Dictionary<string, (string Named, Action Act)> Refused = new()
    {
        ["Method with 8 arguments"] = ("method FOO_", () => Aml.Method("FOO_", 8, false)),
        ["Method with -1 arguments"] = ("method FOO_", () => Aml.Method("FOO_", -1, false)),
        ["Call with 8 arguments"] = ("FOO_", () => Aml.Call("FOO_", [.. Enumerable.Repeat(Aml.Integer(0), 8)])),
        ["External with 8 arguments"] = ("FOO_", () => Aml.External("FOO_", AmlObjectType.Method, 8)),
        ["Local8"] = ("Local", () => Aml.Local(8)),
        ["Arg7"] = ("Arg", () => Aml.Arg(7)),
        ["Synchronization level 16"] = ("mutex MTX0", () => Aml.Mutex("MTX0", 16)),
        ["Timeout 0x10000"] = ("timeout", () => Aml.Acquire(Aml.Path("MTX0"), 0x10000)),
        ["Empty region"] = ("REGN", () => Aml.OperationRegion("REGN", RegionSpace.SystemIO, 0, 0)),
        ["Region past the end"] = ("REGN", () => Aml.OperationRegion("REGN", RegionSpace.SystemMemory, ulong.MaxValue, 2)),
        ["Name of an expression"] = ("Name FOO_", () => Aml.Name("FOO_", Aml.Add(Aml.Local(0), Aml.Local(1)))),
        ["Store to a constant"] = ("Store", () => Aml.Store(Aml.Integer(1), Aml.Integer(1))),
        ["Store of a statement"] = ("Store", () => Aml.Store(Aml.Break(), Aml.Local(0))),
        ["Add to a constant"] = ("Add", () => Aml.Add(Aml.Local(0), Aml.Local(1), Aml.Integer(1))),
        ["Constant as a statement"] = ("Method FOO_", () => Aml.Method("FOO_", 0, false, Aml.Integer(1))),
        ["Local in a package"] = ("package", () => Aml.Package(Aml.Local(0))),
        ["String with NUL"] = ("U+0000", () => Aml.String("a\0b")),
        ["String with umlaut"] = ("U+00E4", () => Aml.String("ä")),
        ["EISA id too short"] = ("PNP050", () => Aml.EisaId("PNP050")),
        ["EISA id in lower case"] = ("pnp0501", () => Aml.EisaId("pnp0501")),
        ["EISA id without digits"] = ("PNP05X1", () => Aml.EisaId("PNP05X1")),
        ["UUID in braces"] = ("{33DB4D5B", () => Aml.Uuid("{33DB4D5B-1FF7-401C-9657-7441C03DD766}")),
        ["Field of no bits"] = ("FLD0", () => FieldElement.Named("FLD0", 0)),
        ["Field too wide"] = ("268435455", () => FieldElement.Reserved(1L << 28)),
        ["Field name with two segments"] = ("A.B", () => FieldElement.Named("A.B", 1)),
        ["Negative offset"] = ("-1", () => FieldElement.Offset(-1)),
        ["Offset backwards"] = ("REGN", () => Fields(FieldElement.Named("FLD0", 9), FieldElement.Offset(1))),
        ["IRQ 16"] = ("IRQ", () => Resource.IrqNoFlags(16)),
        ["No interrupt"] = ("number of interrupts", () => Resource.Interrupt(true, InterruptMode.Edge, InterruptPolarity.ActiveHigh, InterruptSharing.Exclusive)),
        ["I/O range backwards"] = ("0x3f8", () => Resource.Io(0x3F8, 0x3F7, 1, 8)),
        ["Memory past 4 GiB"] = ("0xfffff000", () => Resource.Memory32Fixed(true, 0xFFFFF000, 0x1001)),
        ["Range backwards"] = ("0x1000", () => Resource.QWordMemory(MemoryCaching.Cacheable, true, 0x1000, 0xFFF)),
        ["Range without a length in its width"] = ("0xffff", () => Resource.WordIo(0, 0xFFFF)),
        ["OEM table id too long"] = ("LIMBERVM9", () => new DsdtBuilder() { OemTableId = "LIMBERVM9" }.Build()),
        ["Hypervisor vendor too long"] = ("LIMBERVM9", () => new FadtBuilder { HypervisorVendor = "LIMBERVM9" }.Build()),
        ["Local APIC of id 255"] = ("255", () => new MadtBuilder().AddLocalApic(1, 255, ProcessorState.Enabled)),
        ["Processor in two states"] = ("Enabled, OnlineCapable", () => new MadtBuilder().AddProcessor(1, 1, ProcessorState.Enabled | ProcessorState.OnlineCapable)),
        ["NMI at pin 2"] = ("pin", () => new MadtBuilder().AddLocalApicNmi(MadtBuilder.AllProcessors, 2, InterruptMode.Edge, InterruptPolarity.ActiveHigh)),
        ["NMI of processor 255"] = ("255", () => new MadtBuilder().AddLocalApicNmi(255, 1, InterruptMode.Edge, InterruptPolarity.ActiveHigh)),
        ["Empty memory affinity"] = ("SRAT", () => new SratBuilder().AddMemory(0x1000, 0, 0)),
        ["No domain"] = ("SLIT", () => new SlitBuilder(0)),
        ["Distance to itself"] = ("itself", () => new SlitBuilder(2).SetDistance(1, 1, 20)),
        ["Distance not above the local one"] = ("above 10", () => new SlitBuilder(2, 10)),
        ["Unaligned configuration space"] = ("MCFG", () => new McfgBuilder().AddSegment(0x1000, 0, 0, 0xFF)),
        ["Buses backwards"] = ("MCFG", () => new McfgBuilder().AddSegment(0, 0, 2, 1)),
        ["Unaligned base"] = ("0xe0010", () => AcpiTables.Layout(0xE0010, new DsdtBuilder(), new FadtBuilder())),
        ["No FADT"] = ("FADT", () => AcpiTables.Layout(0xE0000, new DsdtBuilder())),
        ["Two FADTs"] = ("FADT", () => AcpiTables.Layout(0xE0000, new DsdtBuilder(), new FadtBuilder(), new FadtBuilder())),
        ["DSDT in the XSDT"] = ("DSDT", () => AcpiTables.Layout(0xE0000, new DsdtBuilder(), new FadtBuilder(), new DsdtBuilder())),
        ["Register of 24 bits"] = ("24", () => GenericAddress.Io(0x600, 24)),
    };

    public static IEnumerable<TheoryDataRow<string>> Names => Refused.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Make_Invalid_ThrowsAndNamesTheThing(string name)
    {
        (string named, Action act) = Refused[name];
        ArgumentException e = Assert.ThrowsAny<ArgumentException>(act);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Field_OffsetPastOneReservedField_TakesSeveral()
    {
        // 64 MiB are 2^29 bits: 2^28 - 1 twice, then 2.
        string hex = Convert.ToHexString(Fields(FieldElement.Offset(64 << 20), FieldElement.Named("FLD0", 8)).ToBytes());
        Assert.EndsWith("00CFFFFFFF" + "00CFFFFFFF" + "0002" + "464C4430" + "08", hex, StringComparison.Ordinal);
    }

    [Fact]
    public void Field_OffsetAtCurrentPosition_AddsNothing() => Assert.Equal(
        Fields(FieldElement.Named("FLD0", 32), FieldElement.Named("FLD1", 32)).ToBytes(),
        Fields(FieldElement.Offset(0), FieldElement.Named("FLD0", 32), FieldElement.Offset(4), FieldElement.Named("FLD1", 32)).ToBytes());

    [Fact]
    public void Package_Of256Elements_IsVariable()
    {
        AmlTerm[] zeros = [.. Enumerable.Repeat(Aml.Integer(0), 256)];
        // VarPackageOp, length 2 + 3 + 256, word 256.
        Assert.StartsWith("1345100B0001", Convert.ToHexString(Aml.Package(zeros).ToBytes()), StringComparison.Ordinal);
        Assert.StartsWith("124210FF", Convert.ToHexString(Aml.Package(zeros.AsSpan(1)).ToBytes()), StringComparison.Ordinal);
    }

    // External (FOO, MethodObj, , {7 arguments})
    [Fact]
    public void External_Method_HasTypeAndArguments() =>
        Assert.Equal("15464F4F5F0807", Convert.ToHexString(Aml.External("FOO", AmlObjectType.Method, 7).ToBytes()));

    private static AmlTerm Fields(params FieldElement[] elements) =>
        Aml.Field("REGN", FieldAccess.DWord, FieldLock.NoLock, FieldUpdate.Preserve, elements);
}
