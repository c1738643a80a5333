using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;

namespace Limber.Machine.Tests.Faults;

/// <summary>What the process has of the host at one moment: open descriptors, threads with names of their own, mapped files.</summary>
/// <param name="Descriptors">What each number is; the runtime's own libraries left out.</param>
/// <param name="Threads">Names by the alphabet, without the runtime's own.</param>
/// <param name="Mappings">Files of a directory that are mapped, and regions of a size, by the alphabet.</param>
internal sealed record HostTraces(IReadOnlyDictionary<int, string> Descriptors, IReadOnlyList<string> Threads, IReadOnlyList<string> Mappings)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="directory">Its files are looked for among what is mapped.</param>
    /// <param name="regionSize">Regions of this size are looked for.</param>
    public static HostTraces Read(string directory, ulong regionSize) => new(
        OpenDescriptors.Read().ToDictionary(d => d.Number, d => d.Target),
        [.. Directory.GetDirectories("/proc/self/task").Select(ReadName).Where(name => name.Length > 0 && !name.StartsWith('.') && name != "limber-teardown").Order(StringComparer.Ordinal)],
        [.. File.ReadLines("/proc/self/maps").Where(line => IsOf(line, directory, regionSize)).Select(line => line[line.IndexOf(' ', StringComparison.Ordinal)..]).Order(StringComparer.Ordinal)]);

    /// <summary>What was left since then, in words. A thread that has ended may be listed for a moment longer.</summary>
    public static IEnumerable<string> FindLeft(HostTraces before, Func<HostTraces> read)
    {
        DateTime deadline = DateTime.UtcNow + Patience;
        HostTraces now = read();
        while (!now.Threads.SequenceEqual(before.Threads) && DateTime.UtcNow < deadline)
        {
            Thread.Yield();
            now = now with { Threads = read().Threads };
        }

        return now.Descriptors.Except(before.Descriptors).Select(d => $"left open: {d.Key} {d.Value}")
            .Concat(before.Descriptors.Except(now.Descriptors).Select(d => $"closed: {d.Key} {d.Value}"))
            .Concat(before.Threads.SequenceEqual(now.Threads) ? [] : [$"threads {string.Join(',', before.Threads)} became {string.Join(',', now.Threads)}"])
            .Concat(before.Mappings.SequenceEqual(now.Mappings) ? [] : [$"mappings {string.Join(',', before.Mappings)} became {string.Join(',', now.Mappings)}"]);
    }

    private static string ReadName(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static bool IsOf(string line, string directory, ulong regionSize)
    {
        if (line.Contains(directory, StringComparison.Ordinal))
        {
            return true;
        }

        string[] range = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-');
        return Parse(range[1]) - Parse(range[0]) == regionSize;

        static ulong Parse(string hex) => ulong.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
