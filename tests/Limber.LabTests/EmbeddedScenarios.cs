using System;
using System.IO;
using System.Linq;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>The program of docs/embedding.md, which holds a machine as a library.</summary>
internal static class EmbeddedScenarios
{
    public static Scenario[] All => [new("embedded", Embedded)];

    private static void Embedded(LabContext context)
    {
        string program = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(context.Limber))!, "limber-embedded");
        if (!File.Exists(program))
        {
            throw new SkipException("limber-embedded is not beside limber (./build --all makes it)");
        }

        using var process = new VmmProcess(program, [context.Vmlinux, context.Initramfs]);
        int code = process.WaitForExit(180);
        string output = process.Output.All;
        Check.Equal(0, code, $"exit code; it printed \"{output}\" and \"{process.Error.All}\"");

        // "operation  1 CpuPlug of second: Completed (success), 54 ms"
        string[] operations = [.. output.Split('\n').Where(l => l.StartsWith("operation ", StringComparison.Ordinal)).Select(l => l[11..l.IndexOf(" (", StringComparison.Ordinal)])];
        Check.Equal(
            "1 CpuPlug of second: Completed, 2 MemoryPlug of _dimm0: Completed, 3 CpuUnplug of second: Completed", string.Join(", ", operations), "operations");
        Check.True(output.Contains("now        1 processors, 256 MiB plugged in", StringComparison.Ordinal), output);
        context.Figures.Add($"executable: {new FileInfo(program).Length} bytes");
    }
}
