using System.Diagnostics;

namespace Limber.Bench;

/// <summary>One processor comes and goes.</summary>
internal static class PlugBenchmark
{
    public const string Name = "plug";
    private const double Seconds = 60;

    public static Benchmark Definition { get; } = new(
        Name, "one CPU: request to reply, to the guest's uevent, to CPU online; removal to DEVICE_DELETED", Measure)
    {
        Repetitions = 10,
    };

    private static void Measure(Session session)
    {
        Plug(session);
        Unplug(session);
    }

    private static void Plug(Session session)
    {
        BenchMachine machine = session.Machine;
        int from = machine.Signals.Position;
        machine.PrepareSlots();
        long start = Stopwatch.GetTimestamp();
        machine.Add(1);
        double reply = Session.Since(start);
        long announced = machine.Signals.WaitFor(GuestSignals.Announced, from, 1, Seconds);
        long online = machine.Signals.WaitFor(GuestSignals.Online, from, 1, Seconds);
        machine.WaitReported(source: 1);
        machine.Settle();
        session.Add(Name, $"maxcpus {session.MaxCpus}: device_add to its reply, ms", reply);
        session.Add(Name, $"maxcpus {session.MaxCpus}: device_add to the guest's uevent, ms", Session.Since(start, announced));
        session.Add(Name, $"maxcpus {session.MaxCpus}: device_add to CPU online, ms", Session.Since(start, online));
    }

    private static void Unplug(Session session)
    {
        BenchMachine machine = session.Machine;
        long start = Stopwatch.GetTimestamp();
        machine.Delete(1);
        machine.WaitDeleted(1);
        session.Add(Name, $"maxcpus {session.MaxCpus}: device_del to DEVICE_DELETED, ms", Session.Since(start));
        machine.WaitReported(source: 3);
        machine.Settle();
    }
}
