using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Limber.Acpi;
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
        Assert.SkipUnless(File.Exists("/usr/bin/iasl"), "needs iasl (Debian package acpica-tools)");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("aml");
        try
        {
            string path = Path.Combine(directory.FullName, "dsdt");
            File.WriteAllBytes(path + ".aml", BuildDsdt());
            (int code, string output) = Run("-dl", path + ".aml");
            Assert.True(code == 0, output);
            string asl = File.ReadAllText(path + ".dsl");
            Assert.DoesNotContain("Unknown", asl, StringComparison.Ordinal);
            Assert.Equal(31, asl.Split("Method (_EJ0, 1, Serialized)").Length - 1);
            Assert.Equal(30, asl.Split("Name (_SUN,").Length - 1);
            Assert.Single(asl.Split("Device (SLT)").Skip(1));
            Assert.Contains("Notify (\\_SB.PCI0.S02.SLT, 0x03)", asl, StringComparison.Ordinal);
            (code, output) = Run("-p", path + "2", path + ".dsl");
            Assert.True(code == 0, output);
            Assert.Contains("0 Errors, 0 Warnings", output, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
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

    private static (int Code, string Output) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/iasl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
