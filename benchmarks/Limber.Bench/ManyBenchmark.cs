using System.Diagnostics;

namespace Limber.Bench;

/// <summary>Many processors come, all at once, and go.</summary>
internal static class ManyBenchmark
{
    private const string Name = "many";
    private const string OnlineName = "many64";
    private const string RepeatedName = "many16";
    private const int Most = 64;
    private const int Repeated = 16;
    private const double Seconds = 300;

    public static Benchmark Definition { get; } = new(
        Name, "1, 4, 16 CPUs at once until all are online, 64 until all are announced; and back", Measure)
    {
        Machine = MachineKind.Largest,
    };

    /// <summary>
    /// In the lab a guest needs about a minute and a half to bring 64 processors online, which one emulated processor has to play.
    /// </summary>
    public static Benchmark OnlineDefinition { get; } = new(
        OnlineName, "64 CPUs at once until all are online; and back", session => Measure(session, OnlineName, Most, GuestSignals.Online))
    {
        Machine = MachineKind.Largest,
        IsOnlyByName = true,
    };

    /// <summary>Rows of <see cref="Definition"/>, often enough for a median that says something.</summary>
    public static Benchmark RepeatedDefinition { get; } = new(
        RepeatedName, "16 CPUs at once until all are online, ten times; and back", session => Measure(session, RepeatedName, Repeated, GuestSignals.Online))
    {
        Machine = MachineKind.Largest,
        Repetitions = 10,
        IsOnlyByName = true,
    };

    private static void Measure(Session session)
    {
        foreach (int count in (int[])[1, 4, 16])
        {
            Measure(session, Name, count, GuestSignals.Online);
        }

        session.Machine.Signals.SetAutomatic(false);
        Measure(session, Name, Most, GuestSignals.Announced);
        session.Machine.Signals.SetAutomatic(true);
    }

    private static void Measure(Session session, string name, int count, char until)
    {
        OneByOne(session, name, count, until);
        if (!session.Vmm.IsQemu)
        {
            InOneStep(session, name, count, until);
        }
    }

    private static void OneByOne(Session session, string name, int count, char until)
    {
        BenchMachine machine = session.Machine;
        int from = machine.Signals.Position;
        machine.PrepareSlots();
        long start = Stopwatch.GetTimestamp();
        for (int i = 1; i <= count; i++)
        {
            machine.Add(i);
        }

        double taken = Session.Since(start, machine.Signals.WaitFor(until, from, count, Seconds));
        session.Add(name, $"{count} x device_add until all {State(until)}, ms", taken);
        if (session.Vmm.IsQemu)
        {
            // It has no other way.
            session.Add(name, ResizeTitle(count, until), taken);
        }

        machine.Settle();
        start = Stopwatch.GetTimestamp();
        for (int i = 1; i <= count; i++)
        {
            machine.Delete(i);
        }

        machine.WaitDeleted(count);
        session.Add(name, $"{count} x device_del ({State(until)} before) to the last DEVICE_DELETED, ms", Session.Since(start));
        machine.Settle();
    }

    private static void InOneStep(Session session, string name, int count, char until)
    {
        BenchMachine machine = session.Machine;
        int from = machine.Signals.Position;
        long start = Stopwatch.GetTimestamp();
        machine.Resize(1 + count);
        session.Add(name, ResizeTitle(count, until), Session.Since(start, machine.Signals.WaitFor(until, from, count, Seconds)));
        machine.Settle();
        from = machine.Signals.Position;
        machine.Resize(1);
        machine.Signals.WaitFor(GuestSignals.Gone, from, count, Seconds);
        machine.Settle();
    }

    private static string State(char until) => until == GuestSignals.Online ? "online" : "announced";

    private static string ResizeTitle(int count, char until) =>
        $"{count} by one x-limber-resize (QEMU: {count} x device_add) until all {State(until)}, ms";
}
