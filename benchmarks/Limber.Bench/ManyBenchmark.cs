using System.Diagnostics;
using System.Linq;

namespace Limber.Bench;

/// <summary>Many processors come, all at once, and go.</summary>
internal static class ManyBenchmark
{
    public const string Name = "many";
    private const double Seconds = 300;

    private static readonly int[] Counts = [1, 4, 16, 64];

    public static Benchmark Definition { get; } = new(
        Name, "1, 4, 16, 64 CPUs at once, until all are online, and until all are gone", Measure);

    private static void Measure(Session session)
    {
        foreach (int count in Counts.Where(c => c < session.MaxCpus))
        {
            OneByOne(session, count);
            if (!session.Vmm.IsQemu)
            {
                InOneStep(session, count);
            }
        }
    }

    private static void OneByOne(Session session, int count)
    {
        BenchMachine machine = session.Machine;
        int from = machine.Signals.Position;
        machine.PrepareSlots();
        long start = Stopwatch.GetTimestamp();
        for (int i = 1; i <= count; i++)
        {
            machine.Add(i);
        }

        double online = Session.Since(start, machine.Signals.WaitFor(GuestSignals.Online, from, count, Seconds));
        session.Add(Name, $"{count} x device_add to all online, ms", online);
        if (session.Vmm.IsQemu)
        {
            // It has no other way.
            session.Add(Name, ResizeTitle(count), online);
        }

        machine.Settle();
        start = Stopwatch.GetTimestamp();
        for (int i = 1; i <= count; i++)
        {
            machine.Delete(i);
        }

        machine.WaitDeleted(count);
        session.Add(Name, $"{count} x device_del to the last DEVICE_DELETED, ms", Session.Since(start));
        machine.Settle();
    }

    private static void InOneStep(Session session, int count)
    {
        BenchMachine machine = session.Machine;
        int from = machine.Signals.Position;
        long start = Stopwatch.GetTimestamp();
        machine.Resize(1 + count);
        session.Add(Name, ResizeTitle(count), Session.Since(start, machine.Signals.WaitFor(GuestSignals.Online, from, count, Seconds)));
        machine.Settle();
        from = machine.Signals.Position;
        machine.Resize(1);
        machine.Signals.WaitFor(GuestSignals.Gone, from, count, Seconds);
        machine.Settle();
    }

    private static string ResizeTitle(int count) => $"{count} by one x-limber-resize (QEMU: {count} x device_add) to all online, ms";
}
