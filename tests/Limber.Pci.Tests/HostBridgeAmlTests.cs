using System;
using Limber.Acpi;
using Limber.Acpi.Tests;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

/// <summary>Intel's compiler accepts what the host bridge says of itself, and reads it as it was meant.</summary>
public sealed class HostBridgeAmlTests
{
    [Fact]
    public void Dsdt_DisassemblesAndCompilesWithoutComplaint()
    {
        using var iasl = Iasl.Require();
        byte[] table = new DsdtBuilder(new FakeMachine().Bridge.DescribeAml()).Build();
        string asl = iasl.Disassemble(table);
        Assert.Contains("WordBusNumber (ResourceProducer", asl, StringComparison.Ordinal);
        Assert.Contains("0x0000001000000000, // Range Minimum", asl, StringComparison.Ordinal);
        Assert.Contains("0xE0000000,         // Address Base", asl, StringComparison.Ordinal);
        Assert.Contains("ToUUID (\"33db4d5b-1ff7-401c-9657-7441c03dd766\")", asl, StringComparison.Ordinal);
        iasl.RoundTrip(table);
    }
}
