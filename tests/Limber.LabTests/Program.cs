using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using Limber.LabTests.Vfio;
using Limber.TestKit;
using Limber.TestKit.Sessions;

namespace Limber.LabTests;

/// <summary>
/// Plays scenarios with real Linux guests on the <c>/dev/kvm</c> of the machine it runs on, and reports in lines:
/// <c>limber-lab-tests --limber FILE --guest DIR [--distro DIR] [--filter TEXT] [--only NAME] [--after NAME] [--for SECONDS] [--rounds N] [--cycles N] [--list]</c>.
/// </summary>
/// <remarks>
/// Exit status: 0 when all passed, 1 when one failed, 2 for a wrong command line, 3 when the time of <c>--for</c> was over before
/// the last scenario began.
/// </remarks>
internal static class Program
{
    private const int MoreToPlay = 3;

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
        .. StopScenarios.All,
        .. DurabilityScenarios.All,
        .. LostBackendScenarios.All,
        .. PlugCycleScenarios.All,
        .. VhostScenarios.All,
        .. IoCostScenarios.All,
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
        int cycles = LabContext.FewCycles;
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
                case "--for": limit = TimeSpan.FromSeconds(int.Parse(args[++i], CultureInfo.InvariantCulture)); break;
                case "--rounds": rounds = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--cycles": cycles = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--list": list = true; break;
                default: Console.Error.WriteLine($"limber-lab-tests: unknown option {args[i]}"); return 2;
            }
        }

        int first = Array.FindIndex(All, s => s.Name == after) + 1;
        List<Scenario> chosen = [.. All.Skip(first).Where(s => s.Name.Contains(filter, StringComparison.Ordinal) && (only.Length == 0 || s.Name == only))];
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

            results.Add(Play(scenario, () => new LabContext { Limber = limber, Guest = guest, Distro = distro, Cycles = cycles }));
        }

        Console.WriteLine(
            $"{results.Count(r => r == "PASS")} passed, {results.Count(r => r == "FAIL")} failed, {results.Count(r => r == "SKIP")} skipped");
        return results.Contains("FAIL") ? 1 : 0;
    }

    private static string Play(Scenario scenario, Func<LabContext> createContext)
    {
        long start = Stopwatch.GetTimestamp();
        using LabContext context = createContext();
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
        Console.WriteLine($"{result} {scenario.Name} ({seconds} s)" + (reason is null ? "" : ": " + reason));
        context.Figures.ForEach(f => Console.WriteLine($"     {f}"));
        return result;
    }
}
