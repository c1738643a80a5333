using System;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>Network cards whose frames another process moves: DPDK's testpmd, between the card and a tap interface (<c>lab/dpdk</c>).</summary>
internal static class VhostUserNetScenarios
{
    private const string HostAddress = "192.168.246.1";
    private const string GuestAddress = "192.168.246.2";
    private const string Modules = "virtio_pci,virtio_net";
    private const int Length = 1 << 20;
    private const int DimmMiB = 256;

    private static readonly string[] Memory =
        ["-object", "memory-backend-memfd,id=ram0,size=512M,share=on", "-numa", "node,memdev=ram0", "-m", "slots=4,maxmem=4G"];

    public static Scenario[] All =>
    [
        new("network-vhost-user", ByTestpmd),
        new("network-vhost-user-lost", Lost),
        new("network-vhost-user-memory", ReachesNewMemory),
    ];

    // At the command line, by QMP behind a port and by REST on the root bus; the machine connects, and listens.
    private static void ByTestpmd(LabContext context)
    {
        string socket = context["vu"];
        Testpmd backend = Testpmd.Start(context, socket, HostAddress);
        BothVm vm = BothVm.Start(
            context,
            Modules,
            extra:
            [
                .. Memory, "-chardev", $"socket,id=c0,path={socket}", "-netdev", "vhost-user,id=nd0,chardev=c0",
                "-device", "virtio-net-pci,netdev=nd0,id=nic,bus=rp1,host_mtu=1400",
            ]);
        vm.Watch(() =>
        {
            WaitCard(vm.Guest);
            Check.Equal("1400", vm.Guest.Run("cat /sys/class/net/eth0/mtu"), "the card's MTU");
            Use(vm);
            StopAndGoOn(vm);
            vm.RemoveByQmp("nic");
            vm.Qmp.Execute("netdev_del", """{"id": "nd0"}""");
            int descriptors = 0;
            for (int round = 0; round < (context.Steps ?? 2); round++)
            {
                AddByQmp(vm, socket);
                Use(vm);
                RemoveByQmp(vm);
                AddByRest(vm, socket);
                Use(vm);
                vm.RemoveByRest("nic");
                descriptors = round == 0 ? vm.Process.CountSettledDescriptors() : descriptors;
                vm.ExpectNothingLeft("nic", descriptors);
            }

            backend.Kill();
            string own = context["own"];
            _ = Testpmd.Start(context, own, HostAddress, connects: true);
            AddByQmp(vm, own, server: true);
            Use(vm);
            RemoveByQmp(vm);
            AddByRest(vm, own, "Server");
            Use(vm);
            vm.RemoveByRest("nic");
            Check.True(!System.IO.File.Exists(own), "the socket that the machine listened on is gone");
        });
        vm.Vm.PowerOff();
    }

    // Killed while the guest sends.
    private static void Lost(LabContext context)
    {
        string socket = context["vu"];
        BothVm vm = BothVm.Start(context, Modules, extra: Memory);
        using var sink = new Sink(9);
        vm.Watch(() =>
        {
            Testpmd backend = Testpmd.Start(context, socket, HostAddress);
            AddByQmp(vm, socket);
            Send(vm, sink);
            Lose(vm, backend);
            RemoveByQmp(vm);
            vm.Guest.Run("killall nc");
            sink.Drop();

            // One that comes back: the connection through it goes on.
            backend = Testpmd.Start(context, socket, HostAddress);
            AddByRest(vm, socket);
            Send(vm, sink);
            for (int round = 0; round < (context.Steps ?? 1); round++)
            {
                Lose(vm, backend);
                backend = Testpmd.Start(context, socket, HostAddress);
                vm.Guest.RunUntil("cat /sys/class/net/eth0/carrier", "1", 20);
                sink.WaitForMore(1 << 20);
            }

            vm.Guest.Run("killall nc");
            Use(vm);
            vm.RemoveByRest("nic");
        });
        vm.Vm.PowerOff();
    }

    // What comes above 4 GiB as ordinary memory is what the guest's kernel takes for its buffers first: it had none there.
    private static void ReachesNewMemory(LabContext context)
    {
        string socket = context["vu"];
        BothVm vm = BothVm.Start(context, Modules, extra: Memory);
        vm.Watch(() =>
        {
            _ = Testpmd.Start(context, socket, HostAddress);
            AddByQmp(vm, socket);
            Use(vm);
            vm.Qmp.Execute("object-add", $$"""{"qom-type": "memory-backend-ram", "id": "own", "size": {{DimmMiB * MiB}}}""");
            string refusal = vm.Qmp.ExecuteFailing("device_add", """{"driver": "pc-dimm", "id": "bad", "memdev": "own"}""");
            Check.True(refusal.Contains("needs shared guest memory", StringComparison.Ordinal), refusal);

            OnlineNew(vm.Guest, "online_kernel");
            Check.Equal(0L, TakenPages(vm.Guest), "pages in use above 4 GiB");
            vm.Qmp.Execute("object-add", $$"""{"qom-type": "memory-backend-memfd", "id": "m", "size": {{DimmMiB * MiB}}, "share": true}""");
            vm.Qmp.Execute("device_add", """{"driver": "pc-dimm", "id": "d", "memdev": "m"}""");
            vm.Vm.WaitOst(source: 1, status: 0);
            Wait(() => NormalPages(vm.Guest, "present") == DimmMiB * 256, "the DIMM");
            Use(vm);

            // All receive buffers anew.
            vm.Guest.Run("ifconfig eth0 down");
            long before = TakenPages(vm.Guest);
            Use(vm);
            long taken = TakenPages(vm.Guest) - before;
            Check.True(taken >= 128, $"{taken} pages of the DIMM were taken when the card came up");
            context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"{taken} pages of the DIMM taken by the card and what it received"));
            RemoveByQmp(vm);
        });
        vm.Vm.PowerOff();
    }

    private static void AddByQmp(BothVm vm, string socket, bool server = false)
    {
        vm.Qmp.Execute("chardev-add", $$"""{"id": "c", "backend": {"type": "socket", "data": {"addr": {"type": "unix", "data": {"path": "{{socket}}"} }, "server": {{(server ? "true" : "false")}}} } }""");
        vm.Qmp.Execute("netdev_add", """{"type": "vhost-user", "id": "nd", "chardev": "c"}""");
        vm.Qmp.Execute("device_add", """{"driver": "virtio-net-pci", "id": "nic", "netdev": "nd", "bus": "rp1"}""");
    }

    private static void RemoveByQmp(BothVm vm)
    {
        vm.RemoveByQmp("nic");
        vm.Qmp.Execute("netdev_del", """{"id": "nd"}""");
        vm.Qmp.Execute("chardev-remove", """{"id": "c"}""");
        Check.Equal("", vm.Guest.Run("ls /sys/class/net | grep eth"), "cards in the guest");
    }

    private static void AddByRest(BothVm vm, string socket, string mode = "Client") =>
        vm.AddByRest("net", $$"""{"id":"nic","vhost_user":true,"vhost_socket":"{{socket}}","vhost_mode":"{{mode}}"}""");

    private static void WaitCard(GuestConsole guest) => guest.RunUntil("[ -e /sys/class/net/eth0 ] && echo there", "there", 30);

    private static void Use(BothVm vm)
    {
        WaitCard(vm.Guest);
        vm.Guest.Run($"ifconfig eth0 {GuestAddress} netmask 255.255.255.0 up");
        Ping(vm.Guest);
        Exchange(vm.Guest);
    }

    private static void Ping(GuestConsole guest) =>
        Check.Equal("0", guest.Run($"ping -c 2 -i 0.1 -W 5 {HostAddress} >/dev/null; echo $?"), "ping from the guest to the host");

    private static void Exchange(GuestConsole guest)
    {
        guest.Run($"head -c {Length} /dev/urandom >/tmp/sent; mkfifo /tmp/quiet 2>/dev/null; nc -l -p 7 </tmp/sent >/dev/null & nc -l -p 8 <>/tmp/quiet >/tmp/got & true");
        using (System.Net.Sockets.NetworkStream stream = Streams.Connect(new IPEndPoint(IPAddress.Parse(GuestAddress), 7)))
        {
            Check.Equal(guest.Run("sha256sum </tmp/sent | cut -d' ' -f1"), Streams.ReceiveSum(stream), "what the host received by TCP");
        }

        using (System.Net.Sockets.NetworkStream stream = Streams.Connect(new IPEndPoint(IPAddress.Parse(GuestAddress), 8)))
        {
            string sum = Streams.SendRandom(stream, Length);
            _ = Streams.ReceiveSum(stream);
            guest.RunUntil("sha256sum </tmp/got | cut -d' ' -f1", sum, 20);
        }
    }

    private static void StopAndGoOn(BothVm vm)
    {
        vm.Qmp.Execute("stop");
        vm.Qmp.Execute("cont");
        Ping(vm.Guest);
    }

    private static void Send(BothVm vm, Sink sink)
    {
        WaitCard(vm.Guest);
        vm.Guest.Run($"ifconfig eth0 {GuestAddress} netmask 255.255.255.0 up; nc {HostAddress} 9 </dev/zero >/dev/null 2>&1 & true");
        sink.WaitForMore(1 << 20);
    }

    private static void Lose(BothVm vm, Testpmd backend)
    {
        backend.Kill();
        JsonElement failure = vm.WaitFailure("X_LIMBER_DEVICE_FAILED", "nic");
        Check.True(failure.GetProperty("reason").GetString()!.Contains("is gone", StringComparison.Ordinal), $"reason of {failure.GetRawText()}");
        vm.Guest.RunUntil("cat /sys/class/net/eth0/carrier", "0", 10);
        Check.Equal("running", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "the machine");
    }

    private static long TakenPages(GuestConsole guest) => NormalPages(guest, "managed") - NormalPages(guest, "nr_free_pages");

    // Of the guest's zone above 4 GiB; 0 when it is empty.
    private static long NormalPages(GuestConsole guest, string what) => long.Parse(
        "0" + guest.Run($"sed -n '/zone *Normal/,/zone *Movable/p' /proc/zoneinfo | sed -n 's/^ *{what} *//p' | head -n 1"), CultureInfo.InvariantCulture);
}
