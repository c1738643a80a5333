using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Limber.Acpi.Tests;
using Limber.Boot;
using Limber.Config;
using Limber.Kvm;
using Limber.Memory;

namespace Limber.Machine.Tests;

/// <summary>The tables of whole machines, as their guests find them in memory.</summary>
public sealed class FirmwareTablesTests
{
    public FirmwareTablesTests() => Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 4)]
    [InlineData(1, 254)]
    [InlineData(2, 1024)]
    public void AllTables_AreFoundFromTheRootPointerAndPassIasl(int boot, int max)
    {
        using var iasl = Iasl.Require();
        Dictionary<string, byte[]> tables = ReadTables(boot, max);
        Assert.Equal(["APIC", "DSDT", "FACP", "MCFG", "XSDT"], tables.Keys.Order(StringComparer.Ordinal));
        CheckByIasl(iasl, tables);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(254)]
    public void AllTables_WithNumaNodes_NameEveryProcessorsNodeAndPassIasl(int max)
    {
        using var iasl = Iasl.Require();
        Dictionary<string, byte[]> tables = ReadTables(2, max, config => config with
        {
            Numa = new NumaConfig
            {
                NodeMemory = [config.Memory.Size / 2, 0, config.Memory.Size / 2],
                ProcessorNodes = [.. Enumerable.Range(0, max).Select(i => i % 3)],
                Distances = [10, 20, 30, 20, 10, 25, 30, 25, 10],
            },
        });
        Assert.Equal(["APIC", "DSDT", "FACP", "MCFG", "SLIT", "SRAT", "XSDT"], tables.Keys.Order(StringComparer.Ordinal));
        string aml = Encoding.Latin1.GetString(tables["DSDT"]);
        Assert.Equal(max, aml.Split("_PXM").Length - 1);
        CheckByIasl(iasl, tables);
    }

    [Fact]
    public void AllTables_WithDimmSlots_SayWhereMemoryMayComeAndPassIasl()
    {
        using var iasl = Iasl.Require();
        Dictionary<string, byte[]> tables = ReadTables(1, 4, config => config with
        {
            Memory = config.Memory with { Slots = MemoryConfig.MaxSlots, MaximumSize = config.Memory.Size + (4UL << 30) },
        });
        byte[] srat = tables["SRAT"];
        int last = srat.Length - 40;
        Assert.Equal((1, 40), (srat[last], srat[last + 1]));
        Assert.Equal(4UL << 30, BinaryPrimitives.ReadUInt64LittleEndian(srat.AsSpan(last + 8)));
        Assert.Equal(8UL << 30, BinaryPrimitives.ReadUInt64LittleEndian(srat.AsSpan(last + 16)));
        Assert.Equal(3u, BinaryPrimitives.ReadUInt32LittleEndian(srat.AsSpan(last + 28)));
        CheckByIasl(iasl, tables);
    }

    private static void CheckByIasl(Iasl iasl, Dictionary<string, byte[]> tables)
    {
        foreach (byte[] table in tables.Values)
        {
            Assert.Equal(0, unchecked((byte)table.Sum(b => b)));
            iasl.Disassemble(table);
        }

        iasl.RoundTrip(tables["DSDT"]);
    }

    [Fact]
    public void Madt_ListsPresentProcessorsAsEnabledAndOthersAsOnlineCapable()
    {
        byte[] madt = ReadTables(2, 4)["APIC"];
        var flags = new List<uint>();
        for (int at = 44; at < madt.Length; at += madt[at + 1])
        {
            if (madt[at] == 0)
            {
                flags.Add(BinaryPrimitives.ReadUInt32LittleEndian(madt.AsSpan(at + 4)));
            }
        }

        Assert.Equal([1u, 1u, 2u, 2u], flags);
    }

    [Fact]
    public void Madt_GivesX2ApicEntriesToIdsFrom255On()
    {
        byte[] madt = ReadTables(1, 300)["APIC"];
        var narrow = new List<uint>();
        var wide = new List<uint>();
        int wideNmi = 0;
        for (int at = 44; at < madt.Length; at += madt[at + 1])
        {
            switch (madt[at])
            {
                case 0: narrow.Add(madt[at + 3]); break;
                case 9: wide.Add(BinaryPrimitives.ReadUInt32LittleEndian(madt.AsSpan(at + 4))); break;
                case 10: wideNmi++; break;
            }
        }

        Assert.Equal(Enumerable.Range(0, 255).Select(i => (uint)i), narrow);
        Assert.Equal(Enumerable.Range(255, 45).Select(i => (uint)i), wide);
        Assert.Equal(1, wideNmi);
    }

    [Fact]
    public void Create_WithMoreProcessorsThanKvmTakes_NamesBothNumbers()
    {
        VmConfig config = TinyGuest.Configure(kernel: null, 1, 5000);
        Control.VmException e = Assert.Throws<Control.VmException>(() => MachinePlatform.Create(config, new MachineEnvironment()));
        Assert.Matches("5000.*[0-9]{3,4}", e.Message);
    }

    [Fact]
    public void Create_WithHolesInApicIds_TakesIdsFarAboveTheNumberOfProcessors()
    {
        VmConfig config = TinyGuest.Configure(kernel: null, 1, 1000);
        config = config with { Cpus = config.Cpus with { Topology = new Cpu.CpuTopology(8, 1, 5, 5, 5) } };
        using MachinePlatform platform = MachinePlatform.Create(config, new MachineEnvironment());
        Assert.Equal(3876u, platform.GetApicId(999));
        using KvmVcpu vcpu = platform.CreateVcpu(999);
        Assert.Equal(3876u, vcpu.ApicId);
    }

    private static Dictionary<string, byte[]> ReadTables(int boot, int max, Func<VmConfig, VmConfig>? change = null)
    {
        VmConfig config = TinyGuest.Configure(kernel: null, boot, max);
        config = change?.Invoke(config) ?? config;
        using MachinePlatform platform = MachinePlatform.Create(config, new MachineEnvironment());
        using KvmVcpu vcpu = platform.CreateVcpu(0);
        platform.PowerOn(0, vcpu);
        platform.Load([.. Enumerable.Range(0, boot)], vcpu);
        MemoryLayout layout = MemoryLayout.For(config.Memory.Size);
        var numa = new NumaTables(config.Numa, [.. Enumerable.Range(0, max).Select(platform.GetApicId)], layout, platform.DeviceMemory.Area);
        GuestAddress root = FirmwareArea.Place(layout, max, numa.ReservedBytes, config.Memory.Slots).Tables.Start;
        byte[] rsdp = Read(platform.Memory, root.Value, 36);
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(rsdp, 0, 8));
        byte[] xsdt = ReadTable(platform.Memory, BinaryPrimitives.ReadUInt64LittleEndian(rsdp.AsSpan(24)));
        var tables = new Dictionary<string, byte[]> { ["XSDT"] = xsdt };
        for (int at = 36; at < xsdt.Length; at += 8)
        {
            byte[] table = ReadTable(platform.Memory, BinaryPrimitives.ReadUInt64LittleEndian(xsdt.AsSpan(at)));
            tables.Add(Encoding.ASCII.GetString(table, 0, 4), table);
        }

        tables.Add("DSDT", ReadTable(platform.Memory, BinaryPrimitives.ReadUInt64LittleEndian(tables["FACP"].AsSpan(140))));
        return tables;
    }

    private static byte[] ReadTable(GuestMemory memory, ulong address) =>
        Read(memory, address, BinaryPrimitives.ReadInt32LittleEndian(Read(memory, address, 8).AsSpan(4)));

    private static byte[] Read(GuestMemory memory, ulong address, int length)
    {
        byte[] bytes = new byte[length];
        memory.Read(new GuestAddress(address), bytes);
        return bytes;
    }
}
