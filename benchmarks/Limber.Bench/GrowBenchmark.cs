using System.Diagnostics;
using Limber.LabTests;

namespace Limber.Bench;

/// <summary>A DIMM comes, is used by the guest, and goes.</summary>
internal static class GrowBenchmark
{
    public const string Name = "grow";
    private const double Seconds = 240;

    // Linux adds memory in blocks of this size to a machine with less than 64 GiB.
    private const long BlockSize = 128L << 20;
    private const string Id = "dimm0";

    private static readonly (string Name, long Size)[] Sizes = [("128 MiB", 128L << 20), ("1 GiB", 1L << 30), ("16 GiB", 16L << 30)];

    public static Benchmark Definition { get; } = new(
        Name, "a DIMM of 128 MiB, 1 GiB, 16 GiB: request to reply, to the guest's uevent, to memory online; removal; exits", Measure)
    {
        Repetitions = 5,
        Machine = MachineKind.Growing,
    };

    private static void Measure(Session session)
    {
        foreach ((string name, long size) in Sizes)
        {
            int blocks = (int)(size / BlockSize);
            Plug(session, name, size, blocks);
            Unplug(session, name);
            if (ExitTrace.IsAvailable && session.Round == 0 && session.Repetition == 0)
            {
                Count(session, name, size, blocks);
            }
        }
    }

    private static void Plug(Session session, string name, long size, int blocks)
    {
        BenchMachine machine = session.Machine;
        machine.Signals.ExpectMemory(blocks);
        int from = machine.Signals.Position;
        long start = Stopwatch.GetTimestamp();
        machine.AddDimm(Id, size);
        double reply = Session.Since(start);
        long announced = machine.Signals.WaitFor(GuestSignals.MemoryCame, from, 1, Seconds);
        long online = machine.Signals.WaitFor(GuestSignals.MemoryOnline, from, 1, Seconds);
        machine.Settle();
        session.Add(Name, $"{name}: object-add and device_add to the reply, ms", reply);
        session.Add(Name, $"{name}: object-add and device_add to the guest's first uevent, ms", Session.Since(start, announced));
        session.Add(Name, $"{name}: object-add and device_add to memory online, ms", Session.Since(start, online));
    }

    private static void Unplug(Session session, string name)
    {
        long start = Stopwatch.GetTimestamp();
        session.Machine.RemoveDimm(Id, Seconds);
        session.Add(Name, $"{name}: device_del to DEVICE_DELETED, ms", Session.Since(start));
        session.Machine.Settle();
        session.Machine.DeleteBackend(Id);
    }

    // The others stand still: the kernel's trace points count for all machines.
    private static void Count(Session session, string name, long size, int blocks)
    {
        BenchMachine machine = session.Machine;
        session.PauseOthers(() =>
        {
            machine.Signals.ExpectMemory(blocks);
            int from = machine.Signals.Position;
            ExitTrace plug = ExitTrace.During(() =>
            {
                machine.AddDimm(Id, size);
                machine.Signals.WaitFor(GuestSignals.MemoryOnline, from, 1, Seconds);
                machine.Settle();
            });
            ExitTrace removal = ExitTrace.During(() =>
            {
                machine.RemoveDimm(Id, Seconds);
                machine.Settle();
            });
            machine.DeleteBackend(Id);
            session.Add(Name, $"{name}: exits of a plug, until the memory is online", plug.UserExits);
            session.Add(Name, $"{name}: exits of a removal", removal.UserExits);
        });
    }
}
