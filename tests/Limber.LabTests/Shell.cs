using System.Diagnostics;

namespace Limber.LabTests;

/// <summary>Commands on the host.</summary>
internal static class Shell
{
    /// <summary>Runs one that must succeed.</summary>
    public static void Run(string command)
    {
        using Process shell = Process.Start("/bin/sh", ["-c", command]);
        shell.WaitForExit();
        Check.Equal(0, shell.ExitCode, command);
    }
}
