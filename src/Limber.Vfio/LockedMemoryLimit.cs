using System;
using System.Globalization;
using System.IO;

namespace Limber.Vfio;

/// <summary>How much memory this process may pin; passthrough pins all memory of the guest.</summary>
internal static class LockedMemoryLimit
{
    private const string Name = "Max locked memory";

    /// <summary>The limit in words, or null when it can't be told.</summary>
    public static string? Describe()
    {
        try
        {
            return Parse(File.ReadAllText("/proc/self/limits"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Finds the soft limit in the text of <c>/proc/PID/limits</c>.</summary>
    internal static string? Parse(string limits)
    {
        foreach (string line in limits.Split('\n'))
        {
            if (!line.StartsWith(Name, StringComparison.Ordinal))
            {
                continue;
            }

            string soft = line[Name.Length..].TrimStart().Split(' ')[0];
            return ulong.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes) ? $"{bytes >> 10} KiB" : soft;
        }

        return null;
    }
}
