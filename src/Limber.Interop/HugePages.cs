using System;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Limber.Interop;

/// <summary>The host's huge pages.</summary>
public static class HugePages
{
    /// <summary>Bytes of a huge page where no other size is asked for; 0 when the host has none.</summary>
    public static ulong DefaultSize
    {
        get
        {
            const string Name = "Hugepagesize:";
            const ulong KiB = 1024;
            try
            {
                string? line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal));
                return line is not null && ulong.TryParse(line[Name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong size)
                    ? size * KiB
                    : 0;
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }
}
