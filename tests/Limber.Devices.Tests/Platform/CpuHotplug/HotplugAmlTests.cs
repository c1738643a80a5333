using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text.RegularExpressions;
using Limber.Acpi;
using Limber.Acpi.Tests;
using Limber.Device;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.Ged;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.CpuHotplug;

/// <summary>Intel's compiler accepts what the hotplug devices say of themselves, and reads it as it was meant.</summary>
public sealed class HotplugAmlTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(33)]
    [InlineData(1024)]
    public void Dsdt_DisassemblesAndCompilesWithoutComplaint(int count)
    {
        using var iasl = Iasl.Require();
        byte[] table = BuildDsdt(count);
        string asl = iasl.Disassemble(table);
        Assert.Equal(count, asl.Split("\"ACPI0007\"").Length - 1);
        Assert.Equal(count - 1, asl.Split("Method (_EJ0, 1, Serialized)").Length - 1);

        // The disassembler shortens paths, so not the bytes but what they say must be the same again.
        string again = iasl.Disassemble(iasl.RoundTrip(table));
        Assert.Equal(WithoutHeader(asl), WithoutHeader(again));
    }

    private static byte[] BuildDsdt(int count)
    {
        using var region = new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(0x40000, "test"));
        var memory = new GuestMemory([region]);
        ImmutableArray<uint> apicIds = [.. Enumerable.Range(0, count).Select(i => (uint)i)];
        var controller = new CpuHotplugController(apicIds, memory, new GuestAddress(0x10000), 0x620, new NoHost(), NullDeviceLog.Instance);
        var events = new GenericEventDevice(new NoLine(), 9, memory, new GuestAddress(0x8000), [CpuHotplugController.ScanMethod]);
        IEnumerable<AmlTerm> terms = [.. controller.DescribeAml(), .. events.DescribeAml()];
        return new DsdtBuilder(terms).Build();
    }

    // The disassembler writes a path as short as its place allows: of each, the last segment is compared, and white space and
    // the column of comments are not.
    private static string WithoutHeader(string asl) =>
        Regex.Replace(Regex.Replace(asl[asl.IndexOf("DefinitionBlock", StringComparison.Ordinal)..], @"[\\^]|\b_SB\.|\bCPUS\.", ""), @"[ \t]+", " ");

    private sealed class NoHost : ICpuHotplugHost
    {
        public void OnEjected(int index) { }

        public void OnStatus(int index, uint sourceEvent, uint status) { }
    }

    private sealed class NoLine : IInterruptLine
    {
        public void Set(bool asserted) { }

        public void Pulse() { }
    }
}
