using System;
using System.Diagnostics;

namespace Limber.Block.Tests.Support;

/// <summary>A file as a host block device; needs root.</summary>
internal sealed class LoopDevice : IDisposable
{
    private LoopDevice(string path) => Path = path;

    public string Path { get; }

    /// <summary>Null where the host does not let us have one.</summary>
    public static LoopDevice? TryAttach(string file, int sectorSize)
    {
        try
        {
            (int code, string output) = Run("--find", "--show", "--sector-size", sectorSize.ToString(), file);
            return code == 0 ? new LoopDevice(output.Trim()) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public void Refresh() => Assert.Equal(0, Run("--set-capacity", Path).Code);

    public void Dispose() => _ = Run("--detach", Path);

    private static (int Code, string Output) Run(params string[] arguments)
    {
        ProcessStartInfo start = new("losetup", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
