using System;
using System.Diagnostics;
using System.IO;
using Limber.LabTests;

namespace Limber.Bench;

/// <summary>A disk and a network card come, are used, and go.</summary>
/// <remarks>
/// QEMU's q35 has no hotplug on its root bus, so its devices are behind ports in either way; Limber's are on the root bus where the
/// firmware's hotplug is measured.
/// </remarks>
internal static class HotBenchmark
{
    private const string AcpiName = "hot";
    private const string PortName = "hot-port";
    private const double Seconds = 60;

    public static Benchmark[] Definitions { get; } =
    [
        new(AcpiName, "a disk and a network card, by ACPI hotplug: request to usable; removal; exits", s => Measure(s, AcpiName))
        {
            Machine = MachineKind.HotByAcpi,
            Repetitions = 8,
        },
        new(PortName, "a disk and a network card, by PCI Express hotplug of a root port: request to usable; removal; exits", s => Measure(s, PortName))
        {
            Machine = MachineKind.HotByPort,
            Repetitions = 5,
        },
    ];

    private static void Measure(Session session, string name)
    {
        bool behindPort = name == PortName || session.Vmm.IsQemu;
        (string, string)[] disk =
        [
            ("blockdev-add", $$$"""{"driver": "raw", "node-name": "hot", "file": {"driver": "file", "filename": "{{{DiskPath(session)}}}"} }"""),
            ("device_add", $$"""{"driver": "virtio-blk-pci", "id": "disk", "drive": "hot"{{(behindPort ? """, "bus": "rp1" """ : "")}}}"""),
        ];
        (string, string)[] card =
        [
            ("netdev_add", $$"""{"type": "tap", "id": "hotnet", "ifname": "{{TapLink.InterfaceName(session.Number, 0)}}", "script": "no", "downscript": "no"}"""),
            ("device_add", $$"""{"driver": "virtio-net-pci", "id": "card", "netdev": "hotnet", "romfile": ""{{(behindPort ? """, "bus": "rp2" """ : "")}}}"""),
        ];
        session.Machine.Signals.Tell($"card {TapLink.Guest(session.Number, 0)} {TapLink.Host(session.Number, 0)}");
        bool counts = session.Repetition == 0 && ExitTrace.IsAvailable;
        Action<Action<bool>> each = counts ? round => session.PauseOthers(() => round(true)) : round => round(false);
        each(c => OneRound(session, name, ("disk", "its first sector is read", GuestSignals.DiskRead, "disk"), disk, c));
        session.Machine.Execute("blockdev-del", """{"node-name": "hot"}""");
        each(c => OneRound(session, name, ("network card", "a ping is answered", GuestSignals.CardAnswered, "card"), card, c));
        session.Machine.Execute("netdev_del", """{"id": "hotnet"}""");
    }

    private static void OneRound(
        Session session, string name, (string What, string Until, char Sign, string Id) device, (string, string)[] commands, bool counts)
    {
        if (counts)
        {
            session.Add(name, $"{device.What}: exits to user space until {device.Until}", ExitTrace.During(() => Plug(session, device.Sign, commands)).UserExits);
            session.Add(name, $"{device.What}: exits to user space of a removal", ExitTrace.During(() => Unplug(session, device.Id)).UserExits);
            return;
        }

        (double reply, double usable) = Plug(session, device.Sign, commands);
        session.Add(name, $"{device.What}: requests to the last reply, ms", reply);
        session.Add(name, $"{device.What}: requests until {device.Until}, ms", usable);
        session.Add(name, $"{device.What}: device_del to DEVICE_DELETED, ms", Unplug(session, device.Id));
    }

    private static (double Reply, double Usable) Plug(Session session, char until, (string Command, string Arguments)[] commands)
    {
        int from = session.Machine.Signals.Position;
        long start = Stopwatch.GetTimestamp();
        foreach ((string command, string arguments) in commands)
        {
            session.Machine.Execute(command, arguments);
        }

        double reply = Session.Since(start);
        double usable = Session.Since(start, session.Machine.Signals.WaitFor(until, from, 1, Seconds));
        session.Machine.Settle();
        return (reply, usable);
    }

    private static double Unplug(Session session, string id)
    {
        long start = Stopwatch.GetTimestamp();
        session.Machine.Execute("device_del", $$"""{"id": "{{id}}"}""");
        session.Machine.WaitDeleted(id);
        double taken = Session.Since(start);
        session.Machine.Settle();
        return taken;
    }

    private static string DiskPath(Session session) => Path.Combine(session.Scratch, IoHost.HotDisk(session.Number));
}
