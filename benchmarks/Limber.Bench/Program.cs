using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Limber.Bench;

/// <summary>
/// Measures Limber beside QEMU with the same guest:
/// <c>limber-bench --limber FILE --qemu FILE --guest DIR --initramfs FILE --io-initramfs FILE [--scratch DIR] [--rounds N] [--maxcpus N] [--cpu MODEL] [--list] [NAME...]</c>.
/// </summary>
internal static class Program
{
    private const int DefaultRounds = 2;

    private static int Main(string[] args)
    {
        var options = new Dictionary<string, string>();
        List<string> names = [];
        bool list = false;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--list":
                    list = true;
                    break;
                case "--limber" or "--qemu" or "--guest" or "--initramfs" or "--io-initramfs" or "--scratch" or "--rounds" or "--maxcpus" or "--cpu" when i + 1 < args.Length:
                    options[args[i]] = args[++i];
                    break;
                case ['-', ..]:
                    return Complain($"unknown option {args[i]}, or its value is missing");
                default:
                    names.Add(args[i]);
                    break;
            }
        }

        if (names.Find(n => Runner.Definitions.All(d => d.Name != n)) is { } unknown)
        {
            return Complain($"no benchmark is called {unknown}; they are {string.Join(", ", Runner.Definitions.Select(d => d.Name))}");
        }

        string rounds = options.GetValueOrDefault("--rounds", "");
        if (!int.TryParse(rounds.Length > 0 ? rounds : $"{DefaultRounds}", NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 1)
        {
            return Complain($"--rounds {rounds}: not a number from 1 up");
        }

        // Without it, all that both monitors can have.
        string max = options.GetValueOrDefault("--maxcpus", "0");
        if (!int.TryParse(max, NumberStyles.None, CultureInfo.InvariantCulture, out int cpus) || (options.ContainsKey("--maxcpus") && !Runner.CommonMaxima.Contains(cpus)))
        {
            return Complain($"--maxcpus {max}: not one of {string.Join(", ", Runner.CommonMaxima)}");
        }

        return list ? List(names) : Measure(options, names, count, cpus);
    }

    private static int List(List<string> names)
    {
        foreach (Benchmark benchmark in Runner.Definitions.Where(d => names.Count == 0 || names.Contains(d.Name)))
        {
            Console.WriteLine($"{benchmark.Name,-8} {benchmark.Description}" + (benchmark.IsOnlyByName ? " (only when named)" : ""));
        }

        return 0;
    }

    private static int Measure(Dictionary<string, string> options, List<string> names, int rounds, int maxCpus)
    {
        string cpu = options.GetValueOrDefault("--cpu", "host");
        Vmm[] vmms =
        [
            new("Limber", options.GetValueOrDefault("--limber", "artifacts/limber")) { IsQemu = false, Cpu = cpu },
            new("QEMU", options.GetValueOrDefault("--qemu", "qemu-system-x86_64")) { IsQemu = true, Cpu = cpu },
        ];
        string guest = options.GetValueOrDefault("--guest", ".");
        var files = new BenchFiles(
            Path.Combine(guest, "bzImage"), Path.Combine(guest, "vmlinux"), options.GetValueOrDefault("--initramfs", "artifacts/bench-initramfs.cpio"))
        {
            IoInitramfs = options.GetValueOrDefault("--io-initramfs", "artifacts/bench-io-initramfs.cpio"),
            Scratch = options.GetValueOrDefault("--scratch", "."),
        };
        HashSet<string> chosen = [.. names.Count > 0 ? names : Runner.Definitions.Where(d => !d.IsOnlyByName).Select(d => d.Name)];
        var report = new Report(vmms);
        var runner = new Runner(vmms, chosen, report, files, rounds) { OnlyMaximum = maxCpus };
        runner.Run();
        report.Print(Console.Out);
        return runner.HasFailed ? 1 : 0;
    }

    private static int Complain(string what)
    {
        Console.Error.WriteLine("limber-bench: " + what);
        return 2;
    }
}
