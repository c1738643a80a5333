using System;
using System.IO;
using System.Linq;
using System.Net;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A card whose frames the kernel moves; needs vhost-net on the host (<c>lab run --modules vhost_net</c>).</summary>
internal static class VhostScenarios
{
    private const string Tap = "labtap5";
    private const string HostAddress = "192.168.247.1";
    private const string GuestAddress = "192.168.247.2";
    private const int Length = 4 << 20;
    private const int Rounds = 3;

    public static Scenario[] All =>
    [
        new("network-vhost", ByVhost),
    ];

    private static void ByVhost(LabContext context)
    {
        if (!File.Exists("/dev/vhost-net"))
        {
            throw new SkipException("the host has no /dev/vhost-net");
        }

        BothVm vm = BothVm.Start(context, "virtio_pci,virtio_net");
        using var sink = new Sink(9);
        vm.Watch(() =>
        {
            int descriptors = 0;
            for (int round = 0; round < Rounds; round++)
            {
                vm.Qmp.Execute("netdev_add", $$"""{"type": "tap", "id": "nd", "ifname": "{{Tap}}", "script": "no", "downscript": "no", "vhost": true}""");
                vm.Qmp.Execute("device_add", """{"driver": "virtio-net-pci", "id": "nic", "netdev": "nd", "bus": "rp1"}""");
                Shell.Run($"busybox ifconfig {Tap} {HostAddress} netmask 255.255.255.0 up 2>/dev/null || (ip address add {HostAddress}/24 dev {Tap} && ip link set {Tap} up)");
                Check.True(Links(vm).Contains("/dev/vhost-net", StringComparer.Ordinal), "the machine has vhost-net open");
                vm.Guest.RunUntil("[ -e /sys/class/net/eth0 ] && echo there", "there", 30);
                vm.Guest.Run($"ifconfig eth0 {GuestAddress} netmask 255.255.255.0 up");
                Check.Equal("0", vm.Guest.Run($"ping -c 3 -i 0.2 -W 5 {HostAddress} >/dev/null; echo $?"), "ping from the guest to the host");
                Exchange(vm.Guest);
                StopAndGoOn(vm);
                using (new CardTraffic(vm.Guest, HostAddress, GuestAddress, sink))
                {
                    vm.RemoveByQmp("nic");
                }

                vm.Qmp.Execute("netdev_del", """{"id": "nd"}""");
                Check.True(!Directory.Exists("/sys/class/net/" + Tap), "the tap interface is gone");
                descriptors = round == 0 ? vm.Process.CountSettledDescriptors() : descriptors;
            }

            Check.Equal(descriptors, vm.Process.CountSettledDescriptors(), "descriptors of the machine");
        });
        vm.Vm.PowerOff();
    }

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

    // The kernel's rings stop with the machine, and go on where they were.
    private static void StopAndGoOn(BothVm vm)
    {
        vm.Qmp.Execute("stop");
        vm.Qmp.Execute("cont");
        Check.Equal("0", vm.Guest.Run($"ping -c 2 -i 0.2 -W 5 {HostAddress} >/dev/null; echo $?"), "ping after stop and cont");
    }

    private static string?[] Links(BothVm vm) =>
        [.. Directory.EnumerateFileSystemEntries($"/proc/{vm.Process.Id}/fd").Select(f => new FileInfo(f).LinkTarget)];
}
