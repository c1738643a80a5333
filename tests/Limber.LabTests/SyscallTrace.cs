using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Limber.LabTests;

/// <summary>Counts the system calls of a process by the kernel's own trace point.</summary>
internal static class SyscallTrace
{
    private const string Root = "/sys/kernel/tracing";
    private const string Enable = Root + "/events/raw_syscalls/sys_enter/enable";

    // Of this event alone. The tracer's own list of processes holds for all events, and is emptied only by opening it in a way
    // that the runtime does not.
    private const string Filter = Root + "/events/raw_syscalls/sys_enter/filter";

    public static bool IsAvailable => File.Exists(Enable);

    /// <summary>Calls while an action goes on, by thread name.</summary>
    /// <param name="process">Its threads are those it has now.</param>
    /// <param name="action">What is done meanwhile.</param>
    public static IReadOnlyDictionary<string, int> During(int process, Action action)
    {
        Dictionary<string, string> names = Directory.EnumerateDirectories($"/proc/{process}/task")
            .ToDictionary(t => Path.GetFileName(t), t => File.ReadAllText(t + "/comm").Trim());
        File.WriteAllText(Root + "/buffer_size_kb", "8192");
        File.WriteAllText(Filter, string.Join(" || ", names.Keys.Select(t => "common_pid == " + t)));
        string marker = $"limber {Guid.NewGuid()}";
        File.WriteAllText(Enable, "1");
        try
        {
            File.WriteAllText(Root + "/trace_marker", marker);
            action();
        }
        finally
        {
            File.WriteAllText(Enable, "0");
        }

        var counts = new Dictionary<string, int>();
        foreach (string line in File.ReadLines(Root + "/trace").SkipWhile(l => !l.Contains(marker, StringComparison.Ordinal)))
        {
            // "            disk-1234    [001] .....  12.345678: sys_enter: NR 426 (...)"
            int end = line.IndexOf(" [", StringComparison.Ordinal);
            if (end > 0 && line.Contains(" sys_enter: ", StringComparison.Ordinal)
                && names.TryGetValue(line[(line.LastIndexOf('-', end) + 1)..end].Trim(), out string? name))
            {
                counts[name] = counts.GetValueOrDefault(name) + 1;
            }
        }

        File.WriteAllText(Filter, "0");
        return counts;
    }
}
