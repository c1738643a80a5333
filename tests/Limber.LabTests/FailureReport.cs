using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>What a machine was doing when a scenario failed, from outside: its threads, and where the guest's processors are.</summary>
internal static partial class FailureReport
{
    private const string Tracing = "/sys/kernel/tracing";
    private const int MostPlaces = 16;
    private static readonly TimeSpan TraceTime = TimeSpan.FromMilliseconds(300);
    private static readonly string[] Events = ["kvm_exit", "kvm_pio", "kvm_set_irq", "kvm_vcpu_wakeup"];

    /// <summary>Lines about a process that still runs; one line about one that has ended.</summary>
    public static IEnumerable<string> Describe(VmmProcess process)
    {
        if (process.HasExited)
        {
            return [$"process {process.Id} has ended; standard error: {Tail(process.Error.All, 600)}"];
        }

        return
        [
            $"process {process.Id}; the end of its output: {Tail(process.Output.All, 600)}",
            $"standard error: {Tail(process.Error.All, 600)}",
            .. Threads(process.Id),
            .. Places(),
        ];
    }

    /// <summary>What the machine behind a QMP socket says of its processors and operations; nothing if it has ended.</summary>
    public static IEnumerable<string> DescribeByMonitor(string socket)
    {
        try
        {
            using QmpClient client = QmpClient.Connect(socket, seconds: 5);
            string registers = client.Execute("human-monitor-command", """{"command-line": "info registers -a"}""", 10).GetString()!;
            return [.. registers.Split('\n').Where(l => MostTelling().IsMatch(l)), client.Execute("x-limber-query-operations", null, 10).ToString()];
        }
        catch (Exception e) when (e is ScenarioException or IOException or System.Net.Sockets.SocketException)
        {
            return [$"no answer on {socket}: {e.Message}"];
        }
    }

    [GeneratedRegex("^(CPU#|RIP|CR0|EFER)")]
    private static partial Regex MostTelling();

    private static string Tail(string text, int length) =>
        (text.Length > length ? text[^length..] : text).Replace("\r", "", StringComparison.Ordinal).Replace("\n", " | ", StringComparison.Ordinal);

    private static IEnumerable<string> Threads(int process) =>
        Directory.EnumerateDirectories($"/proc/{process}/task").Select(task =>
            $"thread {Path.GetFileName(task)} {Read(task + "/comm")} {StateAndTimes(Read(task + "/stat"))} in {Read(task + "/wchan")} {string.Join(" < ", Read(task + "/stack").Split('\n').Take(6))}");

    // State, user and system time in ticks: fields 3, 14 and 15 of proc(5)'s stat, counted behind the name.
    private static string StateAndTimes(string stat)
    {
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 12 ? $"{fields[0]} {fields[11]}+{fields[12]}" : "";
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    // Where the vCPUs leave the guest, how often.
    private static IEnumerable<string> Places()
    {
        if (!ExitTrace.IsAvailable)
        {
            return [];
        }

        Enable(true);
        try
        {
            File.WriteAllText(Tracing + "/trace", "");
            Thread.Sleep(TraceTime);
            return [.. File.ReadLines(Tracing + "/trace")
                .Where(l => !l.StartsWith('#'))
                .Select(l => Varying().Replace(l, ""))
                .GroupBy(l => l)
                .OrderByDescending(g => g.Count())
                .Take(MostPlaces)
                .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} x {g.Key.Trim()}"))];
        }
        finally
        {
            Enable(false);
        }
    }

    private static void Enable(bool on)
    {
        foreach (string name in Events)
        {
            string file = $"{Tracing}/events/kvm/{name}/enable";
            if (File.Exists(file))
            {
                File.WriteAllText(file, on ? "1" : "0");
            }
        }
    }

    // "vcpu0-231  [001] d..1.  12.345678: kvm_exit: ..." without processor, flags and time.
    [GeneratedRegex(@"\s+\[\d+\]\s+\S+\s+[\d.]+:")]
    private static partial Regex Varying();
}
