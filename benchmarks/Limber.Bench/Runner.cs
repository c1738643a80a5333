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

    // More than 255 processors need interrupt remapping in QEMU, and the largest number few support at all.
    private static readonly int[] LargeMaxima = [288, 1024];

    // Possible processors while memory grows.
    private const int GrowingMaximum = 4;

    /// <summary>Numbers of possible processors that both monitors can have.</summary>
    public static int[] CommonMaxima { get; } = [4, 64, 254];

    /// <summary>The one number of possible processors to measure with; 0 for all.</summary>
    public int OnlyMaximum { get; init; }

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
        ManyBenchmark.RepeatedDefinition,
        GrowBenchmark.Definition,
        DiskBenchmark.Definition,
        DiskBenchmark.CountsDefinition,
        NetBenchmark.Definition,
        NetBenchmark.CountsDefinition,
        .. HotBenchmark.Definitions,
    ];

    /// <summary>Whether something failed that is not a refusal.</summary>
    public bool HasFailed { get; private set; }

    public void Run()
    {
        if (chosen.Contains(StartBenchmark.Start))
        {
            // The first start reads the executable from the disk.
            foreach (int max in Maxima)
            {
                EachVmm($"first start, maxcpus {max}", vmm => StartBenchmark.MeasureStart(vmm, Shape(max), report: null));
                for (int i = 0; i < StartBenchmark.Repetitions; i++)
                {
                    EachVmm($"start, maxcpus {max}", vmm => StartBenchmark.MeasureStart(vmm, Shape(max), report));
                }
            }
        }

        if (chosen.Contains(StartBenchmark.Query))
        {
            EachVmm("query", vmm => new[] { 4, 64, 255, 288, 1024 }.ToList().ForEach(max => StartBenchmark.MeasureQuery(vmm, Shape(max), report)));
        }

        foreach (int max in Maxima)
        {
            bool isLargest = max == CommonMaxima[^1];
            RunSessions(Shape(max), d => d.Machine == MachineKind.Any || (isLargest && d.Machine == MachineKind.Largest));
        }

        if (chosen.Contains(Boot))
        {
            RunOtherBoots();
        }

        RunSessions(Shape(GrowingMaximum) with { Grows = true }, d => d.Machine == MachineKind.Growing);
        using var host = new IoHost(vmms, files.Scratch);
        foreach (MachineKind kind in IoHost.Kinds)
        {
            RunSessions(Shape(1) with { Initramfs = files.IoInitramfs, Devices = vmm => host.Devices(kind, vmm) }, d => d.Machine == kind);
        }
    }

    private int[] Maxima => OnlyMaximum > 0 ? [OnlyMaximum] : CommonMaxima;

    private void RunSessions(MachineShape shape, Func<Benchmark, bool> fits)
    {
        Benchmark[] benchmarks = [.. Definitions.Where(d => fits(d) && chosen.Contains(d.Name) && (d.Measure is not null || d.Name is Boot or Memory))];
        for (int round = 0; round < rounds && benchmarks.Length > 0; round++)
        {
            RunRound(shape, benchmarks, round);
        }
    }

    // The machines of all monitors run at the same time, one of them with something to do.
    private void RunRound(MachineShape shape, Benchmark[] benchmarks, int round)
    {
        string what = $"maxcpus {shape.MaxCpus}, {shape.MemoryMiB} MiB, round {round + 1} of {rounds}";
        var sessions = new Dictionary<Vmm, Session>();
        try
        {
            EachVmm(what, vmm => sessions[vmm] = new Session(vmm, BenchMachine.Start(vmm, shape), shape.MaxCpus, round, report) { Number = Array.IndexOf([.. vmms], vmm), Scratch = IoHost.DirectoryIn(files.Scratch) });
            foreach (Session session in sessions.Values)
            {
                session.Others = [.. sessions.Values.Where(s => s != session).Select(s => s.Machine)];
                Observe(session, shape);
            }

            foreach (Benchmark benchmark in benchmarks.Where(b => b.Measure is not null))
            {
                for (int i = 0; i < benchmark.Repetitions; i++)
                {
                    MeasureEach($"{benchmark.Name}, {what}", sessions, benchmark, i);
                }
            }
        }
        finally
        {
            foreach (Session session in sessions.Values)
            {
                session.Machine.Dispose();
            }
        }
    }

    // A machine with which something went wrong is not asked again, but stays where it is: the others are measured beside it.
    private void MeasureEach(string what, Dictionary<Vmm, Session> sessions, Benchmark benchmark, int repetition) =>
        EachVmm(what, vmm =>
        {
            if (sessions.GetValueOrDefault(vmm) is { HasFailed: false } session)
            {
                session.Repetition = repetition;
                session.HasFailed = true;
                benchmark.Measure!(session);
                session.HasFailed = false;
            }
        });

    // What the start of the machine alone has shown.
    private void Observe(Session session, MachineShape shape)
    {
        if (shape.Grows || shape.Devices is not null)
        {
            return;
        }

        if (chosen.Contains(Boot))
        {
            session.Add(Boot, $"exec to the guest's init, bzImage, maxcpus {shape.MaxCpus}, ms", session.Machine.BootMilliseconds);
        }

        session.Machine.Settle();
        if (chosen.Contains(Memory))
        {
            (long resident, long anonymous) = session.Machine.MeasureMemory();
            session.Add(Memory, $"maxcpus {shape.MaxCpus}: resident, KiB", resident);
            session.Add(Memory, $"maxcpus {shape.MaxCpus}: of that anonymous, KiB", anonymous);
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
