using System;
using System.Diagnostics;
using System.IO;
using System.Text.RegularExpressions;

namespace Limber.Acpi.Tests;

/// <summary>Runs ACPICA's compiler in a folder of its own.</summary>
internal sealed partial class Iasl : IDisposable
{
    private const string Program = "/usr/bin/iasl";
    private const int TimeoutMilliseconds = 60_000;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("limber-iasl-");

    private Iasl()
    {
    }

    /// <summary>A compiler, or a skipped test with the reason.</summary>
    public static Iasl Require()
    {
        Assert.SkipUnless(File.Exists(Program), $"{Program} (package acpica-tools) is not installed.");
        return new Iasl();
    }

    /// <summary>Compiles ASL as it stands: without folding of constants and without shortening of paths.</summary>
    /// <returns>The table.</returns>
    public byte[] Compile(string asl, bool allowWarnings)
    {
        File.WriteAllText(PathOf("source.dsl"), asl);
        return CompileFile("source.dsl", allowWarnings);
    }

    /// <summary>
    /// Takes a table apart; returns it as source text. Operators are written as functions: as infix operators they would be
    /// compiled again without their redundant stores.
    /// </summary>
    public string Disassemble(byte[] table)
    {
        File.WriteAllBytes(PathOf("table.aml"), table);
        (int code, string output) = Run("-dl", "table.aml");
        Assert.True(code == 0, output);
        Assert.False(Complaint().IsMatch(output), output);
        string text = File.ReadAllText(PathOf("table.dsl"));
        Assert.False(Complaint().IsMatch(text), text);
        return text;
    }

    /// <summary>Takes a table apart and puts it together again, without any error or warning.</summary>
    public byte[] RoundTrip(byte[] table)
    {
        Disassemble(table);
        return CompileFile("table.dsl", allowWarnings: false);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private byte[] CompileFile(string source, bool allowWarnings)
    {
        (int code, string output) = Run("-of", "-on", "-p", "compiled", source);
        Assert.True(code == 0, output);
        if (!allowWarnings)
        {
            // The summary of a data table has no counts when there is nothing to count.
            Assert.DoesNotMatch(@"(?m)^(Error|Warning)\b|[1-9]\d* (Errors|Warnings)", output);
        }

        return File.ReadAllBytes(PathOf("compiled.aml"));
    }

    private (int Code, string Output) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeoutMilliseconds), "iasl does not end.");
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    private string PathOf(string file) => Path.Combine(folder.FullName, file);

    [GeneratedRegex(@"(?i)\b(error|warning|invalid|incorrect|unknown|\*\*\*\*)\b")]
    private static partial Regex Complaint();
}
