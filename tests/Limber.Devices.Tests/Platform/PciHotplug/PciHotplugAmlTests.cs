using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Acpi;
using Limber.Acpi.Tests;
using Limber.Device;
using Limber.Devices.Platform.PciHotplug;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.PciHotplug;

/// <summary>Intel's compiler accepts what the hotplug controller says of itself, and reads it as it was meant.</summary>
public sealed class PciHotplugAmlTests : IPciHotplugHost
{
    void IPciHotplugHost.OnEjected(int slot) { }

    void IPciHotplugHost.OnStatus(int slot, uint sourceEvent, uint status) { }

    [Fact]
    public void Dsdt_DisassemblesAndCompilesWithoutComplaint()
    {
        using var iasl = Iasl.Require();
        byte[] table = BuildDsdt();
        string asl = iasl.Disassemble(table);
        Assert.Equal(31, asl.Split("Method (_EJ0, 1, Serialized)").Length - 1);
        Assert.Equal(30, asl.Split("Name (_SUN,").Length - 1);
        Assert.Single(asl.Split("Device (SLT)").Skip(1));
        Assert.Contains("Notify (\\_SB.PCI0.S02.SLT, 0x03)", asl, StringComparison.Ordinal);
        iasl.RoundTrip(table);
    }

    private byte[] BuildDsdt()
    {
        using var region = new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(0x40000, "test"));
        int[] slots = [.. Enumerable.Range(1, 31).Select(device => device == 2 ? PciHotplugController.BehindPort(2) : device)];
        var controller = new PciHotplugController(
            slots, new GuestMemory([region]), new GuestAddress(0x10000), 0x628, this, NullDeviceLog.Instance);
        IEnumerable<AmlTerm> bridge =
        [
            Aml.Scope(@"\_SB", Aml.Device("PCI0", Aml.Name("_HID", Aml.EisaId("PNP0A08")), Aml.Name("_UID", Aml.Integer(0)))),
        ];
        return new DsdtBuilder([.. bridge, .. controller.DescribeAml()]).Build();
    }
}
