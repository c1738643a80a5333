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
/// <c>limber-lab-tests --limber FILE --guest DIR [--filter TEXT] [--skip TEXT] [--list]</c>.
/// </summary>
internal static class Program
{
    private static readonly Scenario[] All =
    [
        .. StartUpScenarios.All,
        .. BootScenarios.All,
        .. HotplugScenarios.All,
        .. NumaScenarios.All,
        .. ScaleScenarios.All,
        .. PciScenarios.All,
        .. MemoryScenarios.All,
        .. ErrorScenarios.All,
        .. HostileScenarios.All,
        .. StormScenario.All,
        .. DialectScenarios.All,
        .. SessionScenarios.All,
        .. VfioScenarios.All,
        .. CostScenarios.All,
    ];

    private static int Main(string[] args)
    {
        string limber = "";
        string guest = "";
        string filter = "";
        bool list = false;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--limber": limber = args[++i]; break;
                case "--guest": guest = args[++i]; break;
                case "--filter": filter = args[++i]; break;
                case "--list": list = true; break;
                default: Console.Error.WriteLine($"limber-lab-tests: unknown option {args[i]}"); return 2;
            }
        }

        List<Scenario> chosen = [.. All.Where(s => s.Name.Contains(filter, StringComparison.Ordinal))];
        if (list)
        {
            chosen.ForEach(s => Console.WriteLine(s.Name));
            return 0;
        }

        ILookup<string, Scenario> results = chosen.ToLookup(s => Play(s, limber, guest));
        Console.WriteLine($"{results["PASS"].Count()} passed, {results["FAIL"].Count()} failed, {results["SKIP"].Count()} skipped");
        return results["FAIL"].Any() ? 1 : 0;
    }

    private static string Play(Scenario scenario, string limber, string guest)
    {
        long start = Stopwatch.GetTimestamp();
        using var context = new LabContext { Limber = limber, Guest = guest };
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
