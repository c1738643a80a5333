using System.Linq;

namespace Limber.Bench;

/// <summary>Reads and writes of a guest with direct I/O, so that each is a request to the disk.</summary>
internal static class DiskBenchmark
{
    private const string Name = "disk";
    private const string CountsName = "disk-counts";
    private const double Seconds = 300;
    private const int Counted = 320;

    // qcow2's first sequential write gives its clusters a place; what comes later finds them.
    private static readonly (string What, char How, int Bytes, int Depth, int Requests)[] Work =
    [
        ("sequential write of 128 KiB, 4 at a time", 'w', 131072, 4, 256),
        ("sequential read of 128 KiB, 4 at a time", 'r', 131072, 4, 256),
        ("random read of 4 KiB, alone", 'R', 4096, 1, 400),
        ("random write of 4 KiB, alone", 'W', 4096, 1, 400),
        ("random read of 4 KiB, 32 at a time", 'R', 4096, 32, 1600),
        ("random write of 4 KiB, 32 at a time", 'W', 4096, 32, 1600),
    ];

    public static Benchmark Definition { get; } = new(Name, "disks: microseconds a request, sequential and random", Measure)
    {
        Machine = MachineKind.Disks,
        Repetitions = 5,
    };

    public static Benchmark CountsDefinition { get; } = new(CountsName, "disks: VM exits and system calls a request", Count)
    {
        Machine = MachineKind.Disks,
    };

    private static void Measure(Session session)
    {
        foreach ((string disk, string kind) in IoHost.Disks)
        {
            foreach ((string what, char how, int bytes, int depth, int requests) in Work)
            {
                double taken = session.Machine.Signals.Time($"disk {disk} {how} {bytes} {depth} {requests}", Seconds);
                session.Add(Name, $"{kind}: {what}, us", taken * 1000 / requests);
            }
        }
    }

    private static void Count(Session session)
    {
        foreach ((string disk, string kind) in IoHost.Disks)
        {
            foreach ((string what, char how, int bytes, int depth, _) in Work.Where(w => w.How is 'R' || w.Depth == 1))
            {
                IoCounts.Measure(
                    session, CountsName, $"{kind}: {what}", Counted, $"disk {disk} {how} {bytes} {depth}");
            }
        }
    }
}
