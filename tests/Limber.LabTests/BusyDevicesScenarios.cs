using System;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Ports, an entropy device and a balloon that are taken away while the guest uses them.</summary>
internal static class BusyDevicesScenarios
{
    private const string Modules = "virtio_pci,virtio_console,virtio-rng,virtio_balloon";
    private const long MiB = 1 << 20;
    private const int FewRounds = 2;
    private const int TrafficLength = 1 << 17;

    public static Scenario[] All =>
    [
        new("busy-devices", Play),
    ];

    // By REST and by QMP in turn, one of them behind a port from the third round on: ten times on demand.
    private static void Play(LabContext context)
    {
        BothVm vm = BothVm.Start(context, Modules);
        vm.Guest.Run("echo 1 >/proc/sys/kernel/printk");
        vm.Watch(() =>
        {
            int rounds = context.Steps ?? FewRounds;
            int descriptors = 0;
            var clock = Stopwatch.StartNew();
            for (int round = 0; round < rounds; round++)
            {
                bool byRest = round % 2 == 0;
                int behindPort = round < FewRounds ? -1 : round % 3;
                Ports(context, vm, byRest, behindPort == 0);
                Entropy(vm, byRest, behindPort == 1);
                Balloon(vm, byRest, behindPort == 2);
                descriptors = round < 2 ? vm.Process.CountSettledDescriptors() : descriptors;
                foreach (string id in (ReadOnlySpan<string>)["vs", "rng", "bal"])
                {
                    vm.ExpectNothingLeft(id, descriptors);
                }
            }

            context.Figures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{rounds} times ports, entropy and balloon removed while in use: {clock.Elapsed.TotalSeconds / rounds:F1} s each"));
            Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        });
        vm.Vm.PowerOff();
    }

    // Two ports: at one data flow in both directions, at the other the host does not read, and the guest's processor waits for it. By QMP
    // the ports go, and their device after them; by REST the device goes with them.
    private static void Ports(LabContext context, BothVm vm, bool byRest, bool behindPort)
    {
        vm.Qmp.Execute("device_add", $$"""{"driver": "virtio-serial-pci", "id": "vs", "max_ports": 4{{Bus(behindPort)}}}""");
        foreach (string port in (ReadOnlySpan<string>)["busy", "stuck"])
        {
            vm.Qmp.Execute("chardev-add", $$"""{"id": "c-{{port}}", "backend": {"type": "socket", "data": {"addr": {"type": "unix", "data": {"path": "{{context[port]}}"} }, "server": true, "wait": false} } }""");
            vm.Qmp.Execute("device_add", $$"""{"driver": "virtserialport", "id": "{{port}}", "bus": "vs.0", "chardev": "c-{{port}}", "name": "{{port}}"}""");
        }

        using NetworkStream busy = Streams.Connect(new UnixDomainSocketEndPoint(context["busy"]));
        using NetworkStream stuck = Streams.Connect(new UnixDomainSocketEndPoint(context["stuck"]));
        vm.Guest.RunUntil("cat /sys/class/virtio-ports/*/name 2>/dev/null | wc -l", "2", 30);
        vm.Guest.Run("port() { set -- $(grep -l $1 /sys/class/virtio-ports/*/name); set -- ${1%/name}; echo /dev/${1##*/}; }; b=$(port busy); s=$(port stuck)");

        // A port is opened once; a program for each direction has it from the shell between.
        vm.Guest.Run("(cat <&3 >/dev/null & cat /dev/zero >&3; wait) 3<>$b 2>/dev/null & w=$!");
        StreamTraffic[] traffic = [StreamTraffic.Receive(busy), StreamTraffic.Send(busy)];
        Array.ForEach(traffic, t => t.WaitForMore(TrafficLength));
        vm.Guest.Run("cat /dev/zero >$s 2>/dev/null & r=$!");
        if (!byRest)
        {
            RemovePort(vm, "stuck");
            RemovePort(vm, "busy");
            vm.Guest.Run("wait $w $r", 30);
        }

        Remove(vm, "vs", byRest);
        vm.Guest.Run("wait $w $r", 30);
        Array.ForEach(traffic, t => t.WaitForEnd());
        vm.Qmp.Execute("chardev-remove", """{"id": "c-busy"}""");
        vm.Qmp.Execute("chardev-remove", """{"id": "c-stuck"}""");
    }

    private static void Entropy(BothVm vm, bool byRest, bool behindPort)
    {
        vm.Qmp.Execute("device_add", $$"""{"driver": "virtio-rng-pci", "id": "rng"{{Bus(behindPort)}}}""");
        vm.Guest.RunUntil("cat /sys/class/misc/hw_random/rng_current | cut -d. -f1", "virtio_rng", 30);
        vm.Guest.Run("dd if=/dev/hwrng of=/tmp/entropy bs=64 2>/tmp/reader & w=$!; while [ $(wc -c </tmp/entropy) -lt 4096 ]; do usleep 10000; done");
        Remove(vm, "rng", byRest);
        vm.Guest.Run("wait $w; rm /tmp/entropy", 30);
        Check.True(vm.Guest.Run("head -n 1 /tmp/reader").StartsWith("dd: /dev/hwrng: ", StringComparison.Ordinal), "the reader's error");
    }

    // While it takes memory from the guest, which then has all of it again.
    private static void Balloon(BothVm vm, bool byRest, bool behindPort)
    {
        const string Total = "grep MemTotal /proc/meminfo | tr -dc 0-9";
        string before = vm.Guest.Run(Total);
        vm.Qmp.Execute("device_add", $$"""{"driver": "virtio-balloon-pci", "id": "bal"{{Bus(behindPort)}}}""");
        vm.Guest.RunUntil("ls /sys/bus/virtio/drivers/virtio_balloon | grep -c ^virtio", "1", 30);
        vm.Qmp.Execute("balloon", $$"""{"value": {{128 * MiB}}}""");
        Deadline deadline = Deadline.In(30);
        while (vm.Qmp.Execute("query-balloon").GetProperty("actual").GetInt64() == 512 * MiB)
        {
            Check.True(!deadline.HasPassed, "the guest gives no memory");
        }

        Remove(vm, "bal", byRest);
        vm.Guest.RunUntil(Total, before, 30);
    }

    private static string Bus(bool behindPort) => behindPort ? """, "bus": "rp1" """ : "";

    private static void Remove(BothVm vm, string id, bool byRest) => (byRest ? (Action<string>)vm.RemoveByRest : vm.RemoveByQmp)(id);

    private static void RemovePort(BothVm vm, string id)
    {
        vm.Qmp.Execute("device_del", $$"""{"id": "{{id}}"}""");
        vm.WaitDeleted(id);
    }
}
