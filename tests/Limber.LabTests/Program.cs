using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Limber.LabTests.Vfio;
using Limber.TestKit;
using Limber.TestKit.Sessions;

namespace Limber.LabTests;

/// <summary>
/// Plays scenarios with real Linux guests on the <c>/dev/kvm</c> of the machine it runs on, and reports in lines:
/// <c>limber-lab-tests --limber FILE --guest DIR [--distro DIR] [--dpdk DIR] [--filter TEXT] [--only NAME] [--after NAME] [--part I/N] [--for SECONDS]
/// [--rounds N] [--steps N] [--seed N] [--patience N] [--list]</c>.
/// </summary>
/// <remarks>
/// Exit status: 0 when all passed, 1 when one failed, 2 for a wrong command line, 3 when the time of <c>--for</c> was over before
/// the last scenario began, or when a scenario did not come to an end: there may be more to play after it.
/// </remarks>
internal static class Program
{
    private const int MoreToPlay = 3;

    // The longest scenario takes about a minute in the lab.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly Scenario[] All =
    [
        .. StartUpScenarios.All,
        .. EmbeddedScenarios.All,
        .. BootScenarios.All,
        .. HotplugScenarios.All,
        .. NumaScenarios.All,
        .. ScaleScenarios.All,
        .. PciScenarios.All,
        .. RingScenarios.All,
        .. DistroScenarios.All,
        .. AgentScenarios.All,
        .. AttachScenarios.All,
        .. DiskTimesScenarios.All,
        .. NetScenarios.All,
        .. VsockScenarios.All,
        .. FsScenarios.All,
        .. PmemUnderIoScenarios.All,
        .. BusyDevicesScenarios.All,
        .. PackedNetScenarios.All,
        .. IoCostScenarios.All,
        .. VhostScenarios.All,
        .. DescriptorScenarios.All,
        .. VhostUserNetScenarios.All,
        .. PlugCycleScenarios.All,
        .. LostBackendScenarios.All,
        .. DurabilityScenarios.All,
        .. StopScenarios.All,
        .. MemoryScenarios.All,
        .. ErrorScenarios.All,
        .. HostileScenarios.All,
        .. StormScenario.All,
        .. DialectScenarios.All,
        .. SessionScenarios.All,
        .. VfioScenarios.All,
        .. VfioGuestScenarios.All,
        .. CostScenarios.All,
    ];

    private static int Main(string[] args)
    {
        LabOptions options;
        try
        {
            options = LabOptions.Parse(args);
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine("limber-lab-tests: " + e.Message);
            return 2;
        }

        Deadline.Patience = options.Patience;
        List<Scenario> chosen = Choose(options);
        if (options.List)
        {
            chosen.ForEach(s => Console.WriteLine(s.Name));
            return 0;
        }

        long start = Stopwatch.GetTimestamp();
        var results = new List<string>();
        foreach (Scenario scenario in Enumerable.Repeat(chosen, options.Rounds).SelectMany(c => c))
        {
            if (Stopwatch.GetElapsedTime(start) > options.Limit)
            {
                return MoreToPlay;
            }

            results.Add(Play(scenario, options));
        }

        Console.WriteLine(
            $"{results.Count(r => r == "PASS")} passed, {results.Count(r => r == "FAIL")} failed, {results.Count(r => r == "SKIP")} skipped");
        return results.Contains("FAIL") ? 1 : 0;
    }

    private static List<Scenario> Choose(LabOptions options)
    {
        int first = Array.FindIndex(All, s => s.Name == options.After) + 1;
        return
        [
            .. All.Where((s, i) => i >= first && i % options.Parts == options.Part)
                .Where(s => s.Name.Contains(options.Filter, StringComparison.Ordinal) && (options.Only.Length == 0 || s.Name == options.Only)),
        ];
    }

    private static string Play(Scenario scenario, LabOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        using var context = new LabContext
        {
            Limber = options.Limber, Guest = options.Guest, Distro = options.Distro, Dpdk = options.Dpdk,
            Steps = options.Steps, Seed = options.Seed,
        };
        using var watchdog = new Timer(
            _ => GiveUp(scenario, context), null, options.Steps is null ? Patience * options.Patience : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        string result = "PASS";
        string? reason = null;
        try
        {
            scenario.Play(context);
        }
        catch (Exception e) when (e is ScenarioException or SessionException or IOException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            result = "FAIL";
            reason = e.Message;
            context.Figures.AddRange(context.Describe());
        }
        catch (SkipException e)
        {
            result = "SKIP";
            reason = e.Message;
        }

        string seconds = Stopwatch.GetElapsedTime(start).TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);
        Report($"{result} {scenario.Name} ({seconds} s)" + (reason is null ? "" : ": " + reason), context.Figures);
        return result;
    }

    // In one piece: another machine's report may come at the same time.
    private static void Report(string result, IEnumerable<string> figures) =>
        Console.Write(string.Concat(figures.Select(f => $"     {f}\n").Prepend(result + "\n")));

    // The scenario's own thread can't be stopped: the next process goes on behind it.
    private static void GiveUp(Scenario scenario, LabContext context)
    {
        Report($"FAIL {scenario.Name} ({(Patience * Deadline.Patience).TotalSeconds:F0} s): it does not come to an end", context.Describe());
        context.Dispose();
        Environment.Exit(MoreToPlay);
    }
}
