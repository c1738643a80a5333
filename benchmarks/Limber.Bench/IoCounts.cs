using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using Limber.LabTests;

namespace Limber.Bench;

/// <summary>What a request costs, counted: each row in a run of its own, while the other machines stand still.</summary>
internal static class IoCounts
{
    private const double Seconds = 120;

    /// <summary>Counts and reports.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="benchmark">Name of the benchmark.</param>
    /// <param name="what">What a request is.</param>
    /// <param name="requests">How many to count.</param>
    /// <param name="order">An order to the guest, to which the number of requests is added. Without any it costs something too, which is taken off.</param>
    public static void Measure(Session session, string benchmark, string what, int requests, string order) => session.PauseOthers(() =>
    {
        if (!ExitTrace.IsAvailable || !SyscallTrace.IsAvailable)
        {
            session.Report[benchmark, "all rows", session.Vmm].Refusal = "the kernel's trace points can't be read (root, and tracefs, are needed)";
            return;
        }

        void Do(int count) => session.Machine.Signals.Time($"{order} {count}", Seconds);
        void Add(string unit, Func<Action, long> count) =>
            session.Add(benchmark, $"{what}: {unit}", (double)Math.Max(count(() => Do(requests)) - count(() => Do(0)), 0) / requests);

        // What is done once only (a thread, a page) is not what is counted.
        Do(requests);
        Add("VM exits", work => Exits(session, work));
        Add("of those to user space", work =>
        {
            Forget();
            return ExitTrace.During(work).UserExits;
        });
        Add("system calls of all threads", work =>
        {
            Forget();
            return SyscallTrace.During(session.Machine.ProcessId, work).Values.Sum();
        });
    });

    // What was traced before would be read, line by line, with what is traced now.
    // Opening the file so empties it, and the runtime would not open it so.
    private static void Forget()
    {
        using Process shell = Process.Start("/bin/sh", ["-c", ": >/sys/kernel/tracing/trace"]);
        shell.WaitForExit();
    }

    private static long Exits(Session session, Action work)
    {
        long before = Exits(session.Machine.ProcessId);
        work();
        return Exits(session.Machine.ProcessId) - before;
    }

    private static long Exits(int process) => Directory.EnumerateDirectories("/sys/kernel/debug/kvm", $"{process}-*")
        .Sum(d => long.Parse(File.ReadAllText(d + "/exits"), CultureInfo.InvariantCulture));
}
