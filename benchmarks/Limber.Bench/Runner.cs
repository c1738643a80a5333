using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>
/// Plays the chosen benchmarks. The monitors take turns within a round, so that what else the host does falls on both.
/// </summary>
internal sealed class Runner(IReadOnlyList<Vmm> vmms, IReadOnlySet<string> chosen, Report report, BenchFiles files, int rounds)
{
    public const string Boot = "boot";
    public const string Memory = "memory";

    // 4, 64 and 254 processors are possible for both; more need interrupt remapping, and the largest few support at all.
    private static readonly int[] CommonMaxima = [4, 64, 254];
    private static readonly int[] LargeMaxima = [288, 1024];

    public static Benchmark[] Definitions { get; } =
    [
        new(StartBenchmark.Start, "exec to QMP greeting", null),
        new(StartBenchmark.Query, "query-hotpluggable-cpus round trip with up to 1024 slots", null),
        new(Boot, "exec to the guest's init, with 4 to 1024 possible CPUs", null),
        new(Memory, "resident memory of the monitor beside the guest's memory", null),
        PlugBenchmark.Definition,
        ExitBenchmark.Definition,
        ManyBenchmark.Definition,
        ManyBenchmark.OnlineDefinition,
    ];

    /// <summary>Whether something failed that is not a refusal.</summary>
    public bool HasFailed { get; private set; }

    public void Run()
    {
        if (chosen.Contains(StartBenchmark.Start))
        {
            EachVmm("exec to greeting", vmm => CommonMaxima.ToList().ForEach(max => StartBenchmark.MeasureStart(vmm, Shape(max), report)));
        }

        if (chosen.Contains(StartBenchmark.Query))
        {
            EachVmm("query", vmm => new[] { 4, 64, 255, 288, 1024 }.ToList().ForEach(max => StartBenchmark.MeasureQuery(vmm, Shape(max), report)));
        }

        RunSessions();

        if (chosen.Contains(Boot))
        {
            RunOtherBoots();
        }
    }

    private void RunSessions()
    {
        bool all = chosen.Contains(Boot) || chosen.Contains(Memory)
            || Definitions.Any(d => d is { Measure: not null, IsForLargest: false } && chosen.Contains(d.Name));
        bool largest = all || Definitions.Any(d => d.IsForLargest && chosen.Contains(d.Name));
        foreach (int max in CommonMaxima.Where(max => all || largest && max == CommonMaxima[^1]))
        {
            for (int round = 0; round < rounds; round++)
            {
                int current = round;
                EachVmm($"maxcpus {max}, round {round + 1} of {rounds}", vmm => RunSession(vmm, max, current));
            }
        }
    }

    private void RunSession(Vmm vmm, int max, int round)
    {
        using BenchMachine machine = BenchMachine.Start(vmm, Shape(max));
        var session = new Session(vmm, machine, max, round, report);
        if (chosen.Contains(Boot))
        {
            session.Add(Boot, $"exec to the guest's init, bzImage, maxcpus {max}, ms", machine.BootMilliseconds);
        }

        machine.Settle();
        if (chosen.Contains(Memory))
        {
            (long resident, long anonymous) = machine.MeasureMemory();
            session.Add(Memory, $"maxcpus {max}: resident, KiB", resident);
            session.Add(Memory, $"maxcpus {max}: of that anonymous, KiB", anonymous);
        }

        foreach (Benchmark benchmark in Definitions.Where(d => d.Measure is not null && chosen.Contains(d.Name)))
        {
            if (!benchmark.IsForLargest || max == CommonMaxima[^1])
            {
                benchmark.Measure!(session);
            }
        }
    }

    private void RunOtherBoots()
    {
        foreach (int max in LargeMaxima)
        {
            BootOnce($"exec to the guest's init, bzImage, maxcpus {max}, ms", _ => Shape(max));
        }

        for (int round = 0; round < rounds; round++)
        {
            BootOnce("exec to the guest's init, vmlinux by PVH, maxcpus 4, ms", _ => Shape(4) with { Kernel = files.Vmlinux });
            BootOnce(
                "exec to the guest's init, bzImage, maxcpus 1, QEMU's machine type microvm, ms",
                vmm => Shape(1) with { Machine = vmm.IsQemu ? "microvm" : "q35" });
        }
    }

    private void BootOnce(string title, Func<Vmm, MachineShape> shape) =>
        EachVmm(title, vmm =>
        {
            try
            {
                using BenchMachine machine = BenchMachine.Start(vmm, shape(vmm));
                report[Boot, title, vmm].Add(machine.BootMilliseconds);
            }
            catch (RefusedException e)
            {
                report[Boot, title, vmm].Refusal = e.Message;
            }
        });

    // A failure costs its cell, not the run.
    private void EachVmm(string what, Action<Vmm> action)
    {
        foreach (Vmm vmm in vmms)
        {
            Console.Error.WriteLine($"bench: {vmm.Name}: {what}");
            try
            {
                action(vmm);
            }
            catch (Exception e) when (e is ScenarioException or RefusedException or IOException or SocketException or InvalidOperationException or KeyNotFoundException)
            {
                HasFailed = true;
                Console.Error.WriteLine($"bench: {vmm.Name}: {what} FAILED: {e.Message}");
            }
        }
    }

    private MachineShape Shape(int max) => new(max, files.BzImage, files.Initramfs);
}
