using System;
using Limber.Acpi;
using Limber.Acpi.Tests;
using Limber.Device;
using Limber.Devices.Platform.MemoryHotplug;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.MemoryHotplug;

/// <summary>Intel's compiler accepts what the memory hotplug controller says of itself, and reads it as it was meant.</summary>
public sealed class MemoryHotplugAmlTests : IMemoryHotplugHost
{
    void IMemoryHotplugHost.OnEjected(int slot) { }

    void IMemoryHotplugHost.OnStatus(int slot, uint sourceEvent, uint status) { }

    [Theory]
    [InlineData(3, true)]
    [InlineData(256, false)]
    public void Dsdt_DisassemblesAndCompilesWithoutComplaint(int slots, bool tellsNodes)
    {
        using var iasl = Iasl.Require();
        byte[] table = BuildDsdt(slots, tellsNodes);
        string asl = iasl.Disassemble(table);
        Assert.Equal(slots, asl.Split("Method (_EJ0, 1, Serialized)").Length - 1);
        Assert.Equal(tellsNodes ? slots : 0, asl.Split("Method (_PXM, 0").Length - 1);
        Assert.Contains("Return (MCRS (MBA, MLN))", asl, StringComparison.Ordinal);
        Assert.Contains("Notify (\\_SB.MEMS.M002, 0x03)", asl, StringComparison.Ordinal);
        Assert.Contains("CreateQWordField (MRBF, \\_SB.MEMS.MCRS._Y00._LEN, MLEN)", asl, StringComparison.Ordinal);
        iasl.RoundTrip(table);
    }

    private byte[] BuildDsdt(int slots, bool tellsNodes)
    {
        using var region = new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(0x40000, "test"));
        var controller = new MemoryHotplugController(
            slots, new GuestMemory([region]), new GuestAddress(0x10000), 0x62C, this, NullDeviceLog.Instance)
        {
            TellsNodes = tellsNodes,
        };
        return new DsdtBuilder(controller.DescribeAml()).Build();
    }
}
