using System;
using System.Diagnostics;
using System.IO;
using Limber.Acpi;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

/// <summary>Intel's compiler accepts what the host bridge says of itself, and reads it as it was meant.</summary>
public sealed class HostBridgeAmlTests
{
    [Fact]
    public void Dsdt_DisassemblesAndCompilesWithoutComplaint()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/iasl"), "needs iasl (Debian package acpica-tools)");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("aml");
        try
        {
            string path = Path.Combine(directory.FullName, "dsdt");
            File.WriteAllBytes(path + ".aml", new DsdtBuilder(new FakeMachine().Bridge.DescribeAml()).Build());
            (int code, string output) = Run("-dl", path + ".aml");
            Assert.True(code == 0, output);
            string asl = File.ReadAllText(path + ".dsl");
            Assert.DoesNotContain("Unknown", asl, StringComparison.Ordinal);
            Assert.Contains("WordBusNumber (ResourceProducer", asl, StringComparison.Ordinal);
            Assert.Contains("0x0000001000000000, // Range Minimum", asl, StringComparison.Ordinal);
            Assert.Contains("0xE0000000,         // Address Base", asl, StringComparison.Ordinal);
            Assert.Contains("ToUUID (\"33db4d5b-1ff7-401c-9657-7441c03dd766\")", asl, StringComparison.Ordinal);
            (code, output) = Run("-p", path + "2", path + ".dsl");
            Assert.True(code == 0, output);
            Assert.Contains("0 Errors, 0 Warnings", output, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
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
