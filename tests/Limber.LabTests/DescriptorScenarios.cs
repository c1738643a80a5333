using System;
using System.IO;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Cards on taps that another program opened, and handed over through a control socket.</summary>
internal static class DescriptorScenarios
{
    private const string Tap = "labtap7";
    private const string HostAddress = "192.168.246.1";
    private const string GuestAddress = "192.168.246.2";
    private const int Rounds = 2;

    public static Scenario[] All =>
    [
        new("network-by-descriptor", ByDescriptor),
    ];

    private static void ByDescriptor(LabContext context)
    {
        BothVm vm = BothVm.Start(context, "virtio_pci,virtio_net");
        vm.Watch(() =>
        {
            int descriptors = 0;
            for (int round = 0; round < Rounds; round++)
            {
                ByQmp(vm);
                ByRest(vm);
                descriptors = round == 0 ? vm.Process.CountSettledDescriptors() : descriptors;
            }

            Check.Equal(descriptors, vm.Process.CountSettledDescriptors(), "descriptors of the machine");
        });
        vm.Vm.PowerOff();
    }

    // The netdev is there after its card.
    private static void ByQmp(BothVm vm)
    {
        GiveTap(tap => vm.Qmp.ExecuteWith(tap.Descriptor, "getfd", """{"fdname": "given"}"""));
        vm.Qmp.Execute("netdev_add", """{"type": "tap", "id": "nd", "fd": "given"}""");
        Check.Equal("GenericError: File descriptor named 'given' not found", vm.Qmp.ExecuteFailing("closefd", """{"fdname": "given"}"""), "a name that was taken");
        vm.Qmp.Execute("device_add", """{"driver": "virtio-net-pci", "id": "nic", "netdev": "nd", "bus": "rp1"}""");
        Ping(vm.Guest);
        vm.RemoveByQmp("nic");
        Check.True(Exists, "the netdev keeps the interface");
        vm.Qmp.Execute("netdev_del", """{"id": "nd"}""");
        Check.True(!Exists, "the interface is gone with the netdev");
    }

    private static void ByRest(BothVm vm)
    {
        GiveTap(tap =>
        {
            (int refused, string reason) = vm.Api.Send("PUT", "vm.add-net", """{"id":"nic","num_queues":4}""", tap.Descriptor);
            Check.Equal(400, refused, "vm.add-net with too few descriptors: " + reason);
            (int status, string reply) = vm.Api.Send("PUT", "vm.add-net", """{"id":"nic"}""", tap.Descriptor);
            Check.Equal(200, status, "vm.add-net: " + reply);
        });
        Ping(vm.Guest);
        vm.RemoveByRest("nic");
        Check.True(!Exists, "the interface is gone with the card");
    }

    private static bool Exists => Directory.Exists("/sys/class/net/" + Tap);

    // This process closes its own: from then on the machine alone has the interface.
    private static void GiveTap(Action<HostTap> give)
    {
        using var tap = new HostTap(Tap);
        Shell.Run($"busybox ifconfig {Tap} {HostAddress} netmask 255.255.255.0 up 2>/dev/null || (ip address add {HostAddress}/24 dev {Tap} && ip link set {Tap} up)");
        give(tap);
    }

    private static void Ping(GuestConsole guest)
    {
        guest.RunUntil("[ -e /sys/class/net/eth0 ] && echo there", "there", 30);
        guest.Run($"ifconfig eth0 {GuestAddress} netmask 255.255.255.0 up");
        Check.Equal("0", guest.Run($"ping -c 1 -W 5 {HostAddress} >/dev/null; echo $?"), "ping from the guest to the host");
    }
}
