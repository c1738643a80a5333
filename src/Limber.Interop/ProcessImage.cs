using System;
using System.Globalization;
using System.IO;

namespace Limber.Interop;

/// <summary>The pages of this process that are copies of files on disk.</summary>
public static class ProcessImage
{
    /// <summary>
    /// Gives back the pages of the executable and its libraries that were needed only so far: the kernel maps those that are
    /// needed again from its cache. After start-up that is most of what the process holds beside the guest's memory.
    /// </summary>
    /// <remarks>
    /// Only mappings that can't be written and of which no page was ever changed (not even by the loader's relocations) are
    /// given back, so that what comes back is what was there. Thread: any, also while others run.
    /// </remarks>
    public static void ReleaseUnusedPages()
    {
        try
        {
            Release(File.ReadLines("/proc/self/smaps"));
        }
        catch (IOException)
        {
            // Without the file nothing is given back.
        }
    }

    // A mapping is a line "start-end perms offset device inode path" and lines "Name: value kB" behind it.
    private static void Release(System.Collections.Generic.IEnumerable<string> lines)
    {
        (ulong Start, ulong End)? candidate = null;
        foreach (string line in lines)
        {
            if (line.StartsWith("Anonymous:", StringComparison.Ordinal) && candidate is { } range)
            {
                if (line.EndsWith(" 0 kB", StringComparison.Ordinal))
                {
                    _ = Libc.madvise((nint)range.Start, checked((nuint)(range.End - range.Start)), Libc.MADV_DONTNEED);
                }

                candidate = null;
            }
            else if (!char.IsAsciiLetterUpper(line[0]))
            {
                candidate = Parse(line);
            }
        }
    }

    private static (ulong Start, ulong End)? Parse(string line)
    {
        string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields is not [{ } addresses, ['r', '-', _, 'p'], _, _, _, ['/', ..], ..])
        {
            return null;
        }

        int dash = addresses.IndexOf('-', StringComparison.Ordinal);
        return (
            ulong.Parse(addresses.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            ulong.Parse(addresses.AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
