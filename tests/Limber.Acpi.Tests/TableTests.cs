using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;

namespace Limber.Acpi.Tests;

public sealed class TableTests
{
    private static readonly Dictionary<string, AcpiTableBuilder> Tables = new()
    {
        ["FACP"] = Fadt(),
        ["APIC"] = Madt(),
        ["SRAT"] = Srat(),
        ["SLIT"] = new SlitBuilder(3).SetDistance(0, 2, 40),
        ["MCFG"] = new McfgBuilder().AddSegment(0xE8000000, 0, 0, 0xFF).AddSegment(0x40_0000_0000, 1, 0, 0x1F),
        ["DSDT"] = new DsdtBuilder([.. AslCase.Preamble]),
        ["XSDT"] = new XsdtBuilder(0xE0100, 0x1_0000_0000),
    };

    public static IEnumerable<TheoryDataRow<string>> Signatures => Tables.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Signatures))]
    public void Build_Table_HasLengthChecksumAndOem(string signature)
    {
        byte[] table = Tables[signature].Build();
        Assert.Equal(signature, System.Text.Encoding.ASCII.GetString(table, 0, 4));
        Assert.Equal(table.Length, BinaryPrimitives.ReadInt32LittleEndian(table.AsSpan(4)));
        Assert.Equal(0, table.Sum(b => b) & 0xFF);
        Assert.Equal("LIMBERLIMBERVM", System.Text.Encoding.ASCII.GetString(table, 10, 14));
        Assert.Equal(table, Tables[signature].Build());
    }

    [Theory]
    [MemberData(nameof(Signatures))]
    public void Build_Table_SurvivesIaslBothWays(string signature)
    {
        using Iasl iasl = Iasl.Require();
        // Older compilers read the online-capable bit, new in ACPI 6.3, as reserved, and write it back as zero.
        AcpiTableBuilder builder = signature == "APIC" ? Madt(absent: ProcessorState.None) : Tables[signature];
        byte[] table = builder.Build();
        // The compiler puts its own name into the header.
        Assert.Equal(table[AcpiTableBuilder.HeaderSize..], iasl.RoundTrip(table)[AcpiTableBuilder.HeaderSize..]);
    }

    [Fact]
    public void Build_Rsdp_HasBothChecksums()
    {
        byte[] rsdp = new RsdpBuilder(0x1_2345_6789_ABCD).Build();
        Assert.Equal(36, rsdp.Length);
        Assert.Equal("RSD PTR "u8, rsdp.AsSpan(0, 8));
        Assert.Equal(0, rsdp[..20].Sum(b => b) & 0xFF);
        Assert.Equal(0, rsdp.Sum(b => b) & 0xFF);
        Assert.Equal(2, rsdp[15]);
        Assert.Equal(36, rsdp[20]);
        Assert.Equal(0x1_2345_6789_ABCDUL, BinaryPrimitives.ReadUInt64LittleEndian(rsdp.AsSpan(24)));
    }

    [Fact]
    public void Build_Fadt_FieldsAreAtTheirOffsets()
    {
        byte[] fadt = Fadt().Build();
        Assert.Equal(276, fadt.Length);
        Assert.Equal(6, fadt[8]);
        Assert.Equal((byte)PowerProfile.EnterpriseServer, fadt[45]);
        Assert.Equal(0x608U, BinaryPrimitives.ReadUInt32LittleEndian(fadt.AsSpan(76)));
        Assert.Equal(4, fadt[91]);
        Assert.Equal(0x2C, BinaryPrimitives.ReadUInt16LittleEndian(fadt.AsSpan(109)));
        // Hardware-reduced, reset register, 32-bit timer.
        Assert.Equal(0x0010_0500U, BinaryPrimitives.ReadUInt32LittleEndian(fadt.AsSpan(112)));
        Assert.Equal("010800010006000000000000" + "5A", Convert.ToHexString(fadt, 116, 13));
        Assert.Equal(5, fadt[131]);
        Assert.Equal(0xE0080UL, BinaryPrimitives.ReadUInt64LittleEndian(fadt.AsSpan(140)));
        Assert.Equal("012000030806000000000000", Convert.ToHexString(fadt, 208, 12));
        Assert.Equal("010800010106000000000000", Convert.ToHexString(fadt, 244, 12));
        Assert.Equal("00080001000000FE00000000", Convert.ToHexString(fadt, 256, 12));
        Assert.Equal("LIMBER\0\0"u8, fadt.AsSpan(268));
    }

    [Fact]
    public void Build_FadtWithoutRegisters_SaysSo()
    {
        byte[] fadt = new FadtBuilder().Build();
        Assert.Equal((uint)FadtFeatures.HardwareReduced, BinaryPrimitives.ReadUInt32LittleEndian(fadt.AsSpan(112)));
        Assert.Equal(0, fadt[91]);
        Assert.False(fadt.AsSpan(148, 120).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Build_Madt_EntriesAreAsSpecified() => Assert.Equal(
        "0000E0FE01000000"
            + "0008000001000000" // processor 0, APIC id 0, enabled
            + "0008010202000000" // processor 1, APIC id 2, online capable
            + "0910000000010000" + "0200000080000000" // APIC id 256, processor 128, online capable
            + "010C01000000C0FE00000000" // I/O APIC 1
            + "020A0009090000000D00" // IRQ 9, level, high
            + "0406FF050001" // all processors, edge, high, LINT1
            + "0A0C0500FFFFFFFF01000000",
        Convert.ToHexString(Madt().Build().AsSpan(36)));

    [Fact]
    public void Build_Srat_EntriesAreAsSpecified() => Assert.Equal(
        "010000000000000000000000"
            + "0010020301000000" + "0001000000000000" // APIC id 3, domain 0x102
            + "0218000001000000" + "0001000001000000" + "0000000000000000" // APIC id 256, domain 1
            + "0128010000000000" + "0000000001000000" + "0000004000000000" + "0000000003000000" + "0000000000000000",
        Convert.ToHexString(Srat().Build().AsSpan(36)));

    [Fact]
    public void Build_Slit_IsAMatrixByRows() => Assert.Equal(
        "0300000000000000" + "0A1428" + "140A14" + "14140A",
        Convert.ToHexString(Tables["SLIT"].Build().AsSpan(36)));

    [Fact]
    public void Build_Mcfg_EntriesAreAsSpecified() => Assert.Equal(
        "0000000000000000"
            + "000000E800000000" + "0000" + "00FF" + "00000000"
            + "0000000040000000" + "0100" + "001F" + "00000000",
        Convert.ToHexString(Tables["MCFG"].Build().AsSpan(36)));

    private static FadtBuilder Fadt() => new()
    {
        DsdtAddress = 0xE0080,
        Profile = PowerProfile.EnterpriseServer,
        Features = FadtFeatures.HardwareReduced | FadtFeatures.PmTimer32Bit,
        BootArchitecture = IaPcBootArchitecture.VgaNotPresent | IaPcBootArchitecture.MsiNotSupported | IaPcBootArchitecture.CmosRtcNotPresent,
        ResetRegister = GenericAddress.Io(0x600, 8),
        ResetValue = 0x5A,
        SleepControlRegister = GenericAddress.Io(0x601, 8),
        SleepStatusRegister = GenericAddress.Memory(0xFE000000, 8),
        PmTimer = GenericAddress.Io(0x608, 32),
    };

    private static MadtBuilder Madt(ProcessorState absent = ProcessorState.OnlineCapable) => new MadtBuilder { HasDual8259 = true }
        .AddProcessor(0, 0, ProcessorState.Enabled)
        .AddProcessor(1, 2, absent)
        .AddProcessor(128, 256, absent)
        .AddIoApic(1, 0xFEC00000, 0)
        .AddInterruptSourceOverride(9, 9, InterruptMode.Level, InterruptPolarity.ActiveHigh)
        .AddLocalApicNmi(MadtBuilder.AllProcessors, 1, InterruptMode.Edge, InterruptPolarity.ActiveHigh)
        .AddLocalX2ApicNmi(MadtBuilder.AllProcessors, 1, InterruptMode.Edge, InterruptPolarity.ActiveHigh);

    private static SratBuilder Srat() => new SratBuilder()
        .AddProcessor(3, 0x102)
        .AddProcessor(256, 1)
        .AddMemory(0x1_0000_0000, 0x4000_0000, 1, MemoryTraits.HotPluggable);
}
