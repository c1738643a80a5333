using System;
using System.Diagnostics;
using System.IO;
using Limber.Acpi;
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
        Assert.SkipUnless(File.Exists("/usr/bin/iasl"), "needs iasl (Debian package acpica-tools)");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("aml");
        try
        {
            string path = Path.Combine(directory.FullName, "dsdt");
            File.WriteAllBytes(path + ".aml", BuildDsdt(slots, tellsNodes));
            (int code, string output) = Run("-dl", path + ".aml");
            Assert.True(code == 0, output);
            string asl = File.ReadAllText(path + ".dsl");
            Assert.DoesNotContain("Unknown", asl, StringComparison.Ordinal);
            Assert.Equal(slots, asl.Split("Method (_EJ0, 1, Serialized)").Length - 1);
            Assert.Equal(tellsNodes ? slots : 0, asl.Split("Method (_PXM, 0").Length - 1);
            Assert.Contains("Return (MCRS (MBA, MLN))", asl, StringComparison.Ordinal);
            Assert.Contains("Notify (\\_SB.MEMS.M002, 0x03)", asl, StringComparison.Ordinal);
            Assert.Contains("CreateQWordField (MRBF, \\_SB.MEMS.MCRS._Y00._LEN, MLEN)", asl, StringComparison.Ordinal);
            (code, output) = Run("-p", path + "2", path + ".dsl");
            Assert.True(code == 0, output);
            Assert.Contains("0 Errors, 0 Warnings", output, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
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

    private static (int Code, string Output) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/iasl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
