using System;
using System.IO;

namespace Limber.Chardev.Tests.Support;

/// <summary>The threads of this process as the host sees them.</summary>
internal static class HostThreads
{
    /// <summary>Processor time of the thread of that name, in hundredths of a second; -1 when there is none.</summary>
    public static int ProcessorTicks(string name)
    {
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                string stat = File.ReadAllText(Path.Combine(task, "stat"));
                if (stat.Contains($"({name})", StringComparison.Ordinal))
                {
                    string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                    return int.Parse(fields[11], null) + int.Parse(fields[12], null);
                }
            }
            catch (IOException)
            {
                // It ended in between.
            }
        }

        return -1;
    }
}
