using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Limber.LabTests;

namespace Limber.Bench;

/// <summary>What a request costs, counted: each row in a run of its own, while the other machines stand still.</summary>
internal static class IoCounts
{
    /// <summary>Counts and reports.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="benchmark">Name of the benchmark.</param>
    /// <param name="what">What a request is.</param>
    /// <param name="requests">How many <paramref name="work"/> makes.</param>
    /// <param name="work">Makes them.</param>
    public static void Measure(Session session, string benchmark, string what, int requests, Action work) => session.PauseOthers(() =>
    {
        if (!ExitTrace.IsAvailable || !SyscallTrace.IsAvailable)
        {
            session.Report[benchmark, "all rows", session.Vmm].Refusal = "the kernel's trace points can't be read (root, and tracefs, are needed)";
            return;
        }

        // What is done once only (a thread, a page) is not what is counted.
        work();
        long before = Exits(session.Machine.ProcessId);
        work();
        session.Add(benchmark, what + ": VM exits", (double)(Exits(session.Machine.ProcessId) - before) / requests);
        Forget();
        session.Add(benchmark, what + ": of those to user space", (double)ExitTrace.During(work).UserExits / requests);
        Forget();
        session.Add(benchmark, what + ": system calls of all threads", (double)SyscallTrace.During(session.Machine.ProcessId, work).Values.Sum() / requests);
    });

    // What was traced before would be read, line by line, with what is traced now.
    private static void Forget() => File.WriteAllText("/sys/kernel/tracing/trace", "");

    private static long Exits(int process) => Directory.EnumerateDirectories("/sys/kernel/debug/kvm", $"{process}-*")
        .Sum(d => long.Parse(File.ReadAllText(d + "/exits"), CultureInfo.InvariantCulture));
}
