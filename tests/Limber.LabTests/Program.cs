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
/// <c>limber-lab-tests --limber FILE --guest DIR [--distro DIR] [--filter TEXT] [--only NAME] [--after NAME] [--part I/N] [--for SECONDS] [--rounds N] [--list]</c>.
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
        .. BootScenarios.All,
        .. HotplugScenarios.All,
        .. NumaScenarios.All,
        .. ScaleScenarios.All,
        .. PciScenarios.All,
        .. DistroScenarios.All,
        .. AgentScenarios.All,
        .. AttachScenarios.All,
        .. NetScenarios.All,
        .. VsockScenarios.All,
        .. FsScenarios.All,
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
        string limber = "";
        string guest = "";
        string distro = "";
        string filter = "";
        string after = "";
        string only = "";
        bool list = false;
        int rounds = 1;
        int part = 0;
        int parts = 1;
        TimeSpan limit = TimeSpan.MaxValue;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--limber": limber = args[++i]; break;
                case "--guest": guest = args[++i]; break;
                case "--distro": distro = args[++i]; break;
                case "--filter": filter = args[++i]; break;
                case "--only": only = args[++i]; break;
                case "--after": after = args[++i]; break;
                case "--part":
                    string[] words = args[++i].Split('/');
                    (part, parts) = (int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture));
                    break;
                case "--for": limit = TimeSpan.FromSeconds(int.Parse(args[++i], CultureInfo.InvariantCulture)); break;
                case "--rounds": rounds = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--list": list = true; break;
                default: Console.Error.WriteLine($"limber-lab-tests: unknown option {args[i]}"); return 2;
            }
        }

        int first = Array.FindIndex(All, s => s.Name == after) + 1;
        List<Scenario> chosen =
        [
            .. All.Where((s, i) => i >= first && i % parts == part)
                .Where(s => s.Name.Contains(filter, StringComparison.Ordinal) && (only.Length == 0 || s.Name == only)),
        ];
        if (list)
        {
            chosen.ForEach(s => Console.WriteLine(s.Name));
            return 0;
        }

        long start = Stopwatch.GetTimestamp();
        var results = new List<string>();
        foreach (Scenario scenario in Enumerable.Repeat(chosen, rounds).SelectMany(c => c))
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                return MoreToPlay;
            }

            results.Add(Play(scenario, () => new LabContext { Limber = limber, Guest = guest, Distro = distro }));
        }

        Console.WriteLine(
            $"{results.Count(r => r == "PASS")} passed, {results.Count(r => r == "FAIL")} failed, {results.Count(r => r == "SKIP")} skipped");
        return results.Contains("FAIL") ? 1 : 0;
    }

    private static string Play(Scenario scenario, Func<LabContext> createContext)
    {
        long start = Stopwatch.GetTimestamp();
        using LabContext context = createContext();
        using var watchdog = new Timer(_ => GiveUp(scenario, context), null, Patience, Timeout.InfiniteTimeSpan);
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
        Report($"FAIL {scenario.Name} ({Patience.TotalSeconds:F0} s): it does not come to an end", context.Describe());
        context.Dispose();
        Environment.Exit(MoreToPlay);
    }
}
