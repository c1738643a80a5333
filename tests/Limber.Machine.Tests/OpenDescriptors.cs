using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Limber.Machine.Tests;

/// <summary>This process's open descriptors. The collector may close some at any time that an earlier test has left to it.</summary>
internal static class OpenDescriptors
{
    /// <summary>Their numbers and what they are of, without the libraries, which the runtime opens as it needs them.</summary>
    public static IEnumerable<(int Number, string Target)> Read()
    {
        foreach (string entry in Directory.GetFiles("/proc/self/fd"))
        {
            if (ReadTarget(entry) is { } target && !target.EndsWith(".dll", StringComparison.Ordinal))
            {
                yield return (int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture), target);
            }
        }
    }

    public static int Count() => Read().Count();

    private static string? ReadTarget(string entry)
    {
        try
        {
            return File.ResolveLinkTarget(entry, returnFinalTarget: false)?.FullName;
        }
        catch (FileNotFoundException)
        {
            // Closed meanwhile.
            return null;
        }
    }
}
