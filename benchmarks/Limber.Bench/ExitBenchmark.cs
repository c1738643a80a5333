using System;
using Limber.LabTests;

namespace Limber.Bench;

/// <summary>What a plug and a removal cost in exits to the monitor. Serial port and local APICs are left out.</summary>
internal static class ExitBenchmark
{
    public const string Name = "exits";
    private const int Group = 16;
    private const double Seconds = 120;

    public static Benchmark Definition { get; } = new(
        Name, "VM exits to user space (kvm:kvm_userspace_exit, IO and MMIO) a plug and a removal", session => session.PauseOthers(() => Measure(session)));

    // The others stand still: the kernel's trace points count for all machines.
    private static void Measure(Session session)
    {
        if (!ExitTrace.IsAvailable)
        {
            session.Report[Name, "all rows", session.Vmm].Refusal = "the kernel's trace points can't be read (root, and tracefs, are needed)";
            return;
        }

        BenchMachine machine = session.Machine;
        machine.PrepareSlots();
        machine.Signals.SetAutomatic(false);
        Count(session, "plug, until the guest has reported it", () => Plug(machine, 1, GuestSignals.Announced));
        Count(session, "removal of a CPU that is offline", () => Unplug(machine, 1));
        machine.Signals.SetAutomatic(true);
        Count(session, "plug, until the CPU is online", () => Plug(machine, 1, GuestSignals.Online));
        Count(session, "removal of a CPU that is online", () => Unplug(machine, 1));
        if (session.MaxCpus > Group)
        {
            machine.Signals.SetAutomatic(false);
            Count(session, $"{Group} plugs at once, until the guest has reported them", () => Plug(machine, Group, GuestSignals.Announced));
            Count(session, $"{Group} removals at once", () => Unplug(machine, Group));
            machine.Signals.SetAutomatic(true);
        }
    }

    private static void Count(Session session, string what, Action action)
    {
        ExitTrace trace = ExitTrace.During(action);
        session.Add(Name, $"maxcpus {session.MaxCpus}: {what}", trace.UserExits);
    }

    private static void Plug(BenchMachine machine, int count, char last)
    {
        int from = machine.Signals.Position;
        for (int i = 1; i <= count; i++)
        {
            machine.Add(i);
        }

        machine.Signals.WaitFor(last, from, count, Seconds);
        machine.WaitReported(source: 1, count);
        machine.Settle();
    }

    private static void Unplug(BenchMachine machine, int count)
    {
        for (int i = 1; i <= count; i++)
        {
            machine.Delete(i);
        }

        // The last report of success follows the last eject; what comes within the pause is still counted.
        machine.WaitDeleted(count);
        machine.Settle();
    }
}
