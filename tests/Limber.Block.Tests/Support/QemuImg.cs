using System.Diagnostics;

namespace Limber.Block.Tests.Support;

/// <summary>Runs qemu-img, the judge of qcow2 images. Debian package qemu-utils.</summary>
internal static class QemuImg
{
    /// <summary>Runs it and expects success.</summary>
    public static string Run(params string[] arguments)
    {
        (int code, string output) = TryRun(arguments);
        Assert.True(code == 0, $"qemu-img {string.Join(' ', arguments)} ended with {code}: {output}");
        return output;
    }

    public static (int Code, string Output) TryRun(params string[] arguments)
    {
        ProcessStartInfo start = new("qemu-img") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    /// <summary>Nothing is wrong with an image, and nothing lost.</summary>
    public static void CheckClean(string path) => Run("check", "-f", "qcow2", path);

    /// <summary>Nothing is wrong; space may be lost (exit code 3).</summary>
    public static void CheckNotCorrupt(string path)
    {
        (int code, string output) = TryRun("check", "-f", "qcow2", path);
        Assert.True(code is 0 or 3, $"check of {path} ended with {code}: {output}");
    }
}
