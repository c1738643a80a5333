using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Limber.Acpi.Tests;

public sealed class LayoutTests
{
    private const ulong Base = 0xE_0000;

    [Fact]
    public void Layout_Tables_AreFoundFromTheRsdp()
    {
        var dsdt = new DsdtBuilder([.. AslCase.Preamble]);
        MadtBuilder madt = new MadtBuilder().AddProcessor(0, 0, ProcessorState.Enabled);
        McfgBuilder mcfg = new McfgBuilder().AddSegment(0xE8000000, 0, 0, 0xFF);
        AcpiTableSet set = AcpiTables.Layout(Base, dsdt, madt, new FadtBuilder { ResetValue = 7 }, mcfg);

        Assert.Equal(Base, set.RsdpAddress);
        ulong xsdtAddress = ReadQWord(set, set.RsdpAddress + 24);
        byte[] xsdt = ReadTable(set, xsdtAddress);
        ulong[] addresses = [.. Enumerable.Range(0, (xsdt.Length - 36) / 8).Select(i => ReadQWord(set, xsdtAddress + 36 + (8 * (ulong)i)))];
        List<byte[]> tables = [.. addresses.Select(address => ReadTable(set, address))];
        Assert.Equal(["FACP", "APIC", "MCFG"], tables.Select(table => Encoding.ASCII.GetString(table, 0, 4)));
        Assert.Equal(7, tables[0][128]);
        Assert.Equal(madt.Build(), tables[1]);
        Assert.Equal(mcfg.Build(), tables[2]);

        ulong dsdtAddress = BinaryPrimitives.ReadUInt64LittleEndian(tables[0].AsSpan(140));
        Assert.Equal(dsdt.Build(), ReadTable(set, dsdtAddress));
        Assert.All([.. addresses, xsdtAddress, dsdtAddress], address => Assert.Equal(0UL, address % AcpiTables.Alignment));
    }

    [Fact]
    public void Layout_Above4GiB_KeepsAddresses()
    {
        const ulong high = 0x1_0000_0000;
        AcpiTableSet set = AcpiTables.Layout(high, new DsdtBuilder(), new FadtBuilder());
        byte[] xsdt = ReadTable(set, ReadQWord(set, high + 24));
        ulong fadt = BinaryPrimitives.ReadUInt64LittleEndian(xsdt.AsSpan(36));
        Assert.Equal("FACP", Encoding.ASCII.GetString(ReadTable(set, fadt), 0, 4));
        Assert.Equal("DSDT", Encoding.ASCII.GetString(ReadTable(set, ReadQWord(set, fadt + 140)), 0, 4));
    }

    [Fact]
    public void Layout_Twice_LeavesTheFadtAlone()
    {
        var fadt = new FadtBuilder();
        AcpiTableSet first = AcpiTables.Layout(Base, new DsdtBuilder(), fadt);
        AcpiTables.Layout(0x20_0000, new DsdtBuilder(), fadt);
        Assert.Equal(0UL, fadt.DsdtAddress);
        Assert.Equal(first.Bytes.ToArray(), AcpiTables.Layout(Base, new DsdtBuilder(), fadt).Bytes.ToArray());
    }

    private static ulong ReadQWord(AcpiTableSet set, ulong address) =>
        BinaryPrimitives.ReadUInt64LittleEndian(set.Bytes.Span[(int)(address - set.BaseAddress)..]);

    private static byte[] ReadTable(AcpiTableSet set, ulong address)
    {
        ReadOnlySpan<byte> rest = set.Bytes.Span[(int)(address - set.BaseAddress)..];
        byte[] table = rest[..BinaryPrimitives.ReadInt32LittleEndian(rest[4..])].ToArray();
        Assert.Equal(0, table.Sum(b => b) & 0xFF);
        return table;
    }
}
