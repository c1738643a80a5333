using System;
using System.Net;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Network cards whose frames another process moves: DPDK's testpmd, between the card and a tap interface.</summary>
internal static class VhostUserNetScenarios
{
    private const string HostAddress = "192.168.246.1";
    private const string GuestAddress = "192.168.246.2";
    private const int Length = 1 << 20;
    private const int Rounds = 2;

    private static readonly string[] Memory = ["-object", "memory-backend-memfd,id=ram0,size=512M,share=on", "-numa", "node,memdev=ram0"];

    public static Scenario[] All =>
    [
        new("network-vhost-user", ByTestpmd),
    ];

    private static void ByTestpmd(LabContext context)
    {
        string socket = context["vu"];
        Testpmd backend = Testpmd.Start(context, socket, HostAddress);
        BothVm vm = BothVm.Start(
            context,
            "virtio_pci,virtio_net",
            extra:
            [
                .. Memory, "-chardev", $"socket,id=c,path={socket}", "-netdev", "vhost-user,id=nd,chardev=c",
                "-device", "virtio-net-pci,netdev=nd,id=nic,bus=rp1",
            ]);
        vm.Watch(() =>
        {
            Use(vm);
            StopAndGoOn(vm);
            RemoveByQmp(vm);
            int descriptors = 0;
            for (int round = 0; round < Rounds; round++)
            {
                AddByQmp(vm, socket);
                Use(vm);
                RemoveByQmp(vm);
                vm.AddByRest("net", $$"""{"id":"nic","vhost_user":true,"vhost_socket":"{{socket}}"}""");
                Use(vm);
                vm.RemoveByRest("nic");
                descriptors = round == 0 ? vm.Process.CountSettledDescriptors() : descriptors;
                vm.ExpectNothingLeft("nic", descriptors);
            }

            AddByQmp(vm, socket);
            Lose(vm, backend);
            RemoveByQmp(vm);
            _ = Testpmd.Start(context, socket, HostAddress);
            AddByQmp(vm, socket);
            Use(vm);
            RemoveByQmp(vm);
        });
        vm.Vm.PowerOff();
    }

    private static void AddByQmp(BothVm vm, string socket)
    {
        vm.Qmp.Execute("chardev-add", $$"""{"id": "c", "backend": {"type": "socket", "data": {"addr": {"type": "unix", "data": {"path": "{{socket}}"} }, "server": false} } }""");
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

    private static void Use(BothVm vm)
    {
        vm.Guest.RunUntil("[ -e /sys/class/net/eth0 ] && echo there", "there", 30);
        vm.Guest.Run($"ifconfig eth0 {GuestAddress} netmask 255.255.255.0 up");
        Ping(vm.Guest);
        Exchange(vm.Guest);
    }

    private static void Ping(GuestConsole guest) =>
        Check.Equal("0", guest.Run($"ping -c 3 -i 0.1 -W 5 {HostAddress} >/dev/null; echo $?"), "ping from the guest to the host");

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

    private static void Lose(BothVm vm, Testpmd backend)
    {
        using var sink = new Sink(9);
        vm.Guest.RunUntil("[ -e /sys/class/net/eth0 ] && echo there", "there", 30);
        vm.Guest.Run($"ifconfig eth0 {GuestAddress} netmask 255.255.255.0 up; nc {HostAddress} 9 </dev/zero >/dev/null 2>&1 & true");
        sink.WaitForMore(1 << 20);
        backend.Kill();
        JsonElement failure = vm.WaitFailure("X_LIMBER_DEVICE_FAILED", "nic");
        Check.True(failure.GetProperty("reason").GetString()!.Contains("is gone", StringComparison.Ordinal), $"reason of {failure.GetRawText()}");
        vm.Guest.RunUntil("cat /sys/class/net/eth0/carrier", "0", 10);
        Check.Equal("running", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "the machine");
        vm.Guest.Run("killall nc");
    }
}
