using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Limber.Acpi;
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
        Assert.SkipUnless(File.Exists("/usr/bin/iasl"), "needs iasl (Debian package acpica-tools)");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("aml");
        try
        {
            string path = Path.Combine(directory.FullName, "dsdt");
            File.WriteAllBytes(path + ".aml", BuildDsdt(count));
            (int code, string output) = Run("-dl", path + ".aml");
            Assert.True(code == 0, output);
            string asl = File.ReadAllText(path + ".dsl");
            Assert.DoesNotContain("Unknown", asl, StringComparison.Ordinal);
            Assert.Equal(count, asl.Split("\"ACPI0007\"").Length - 1);
            Assert.Equal(count - 1, asl.Split("Method (_EJ0, 1, Serialized)").Length - 1);
            (code, output) = Run("-p", path + "2", path + ".dsl");
            Assert.True(code == 0, output);
            Assert.Contains("0 Errors, 0 Warnings", output, StringComparison.Ordinal);

            // The disassembler shortens paths, so not the bytes but what they say must be the same again.
            (code, output) = Run("-dl", path + "2.aml");
            Assert.True(code == 0, output);
            Assert.Equal(WithoutHeader(asl), WithoutHeader(File.ReadAllText(path + "2.dsl")));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
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

    private static (int Code, string Output) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/iasl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

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
