using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A card on a tap interface with packed rings, one pair of them and two, under a real guest's driver.</summary>
internal static class PackedNetScenarios
{
    private const string Tap = "labtap0";
    private const string Device = "/sys/class/net/eth0";

    // VIRTIO 1.2, 6: VIRTIO_F_RING_PACKED, as a place in the text of Linux' file.
    private const int PackedColumn = 35;

    public static Scenario[] All =>
    [
        new("network-packed", Packed),
    ];

    private static void Packed(LabContext context)
    {
        BothVm vm = BothVm.Start(context, "virtio_pci,virtio_net");
        using var sink = new Sink(9);
        vm.Watch(() =>
        {
            foreach (int pairs in (ReadOnlySpan<int>)[1, 2])
            {
                string mq = pairs == 1 ? "off" : "on";
                vm.Qmp.Execute("netdev_add", $$"""{"type": "tap", "id": "nd", "ifname": "{{Tap}}", "script": "no", "downscript": "no", "queues": {{pairs}}}""");
                vm.Qmp.Execute("device_add", $$"""{"driver": "virtio-net-pci", "id": "nic", "netdev": "nd", "packed": "on", "mq": "{{mq}}"}""");
                Shell.Run($"busybox ifconfig {Tap} {NetScenarios.Host} netmask 255.255.255.0 up 2>/dev/null || (ip address add {NetScenarios.Host}/24 dev {Tap} && ip link set {Tap} up)");
                NetScenarios.ConfigureCard(vm.Guest);
                Check.Equal("1", vm.Guest.Run($"cut -c{PackedColumn} {Device}/device/features"), "packed rings are agreed on");
                Check.Equal(pairs.ToString(CultureInfo.InvariantCulture), vm.Guest.Run($"ls -d {Device}/queues/tx-* | wc -l"), "pairs of queues");

                // Each processor sends by a queue of its own, and the answers come by the other queue of the pair.
                Check.Equal("0 0", vm.Guest.Run($"for p in 1 2; do taskset $p ping -c 3 -i 0.2 -W 5 {NetScenarios.Host} >/dev/null; echo $?; done | xargs"), "pings by each processor");
                string[] unused = [.. Enumerable.Range(0, pairs).Where(q => vm.Guest.Run(
                    $"grep 'virtio[0-9]*-input.{q}$' /proc/interrupts | while read n a b rest; do echo $((a+b)); done") is "0" or "").Select(q => $"input.{q}")];
                Check.Equal("", string.Join(' ', unused), "receive queues without an interrupt");
                NetScenarios.Exchange(vm.Guest);
                using (new CardTraffic(vm.Guest, NetScenarios.Host, NetScenarios.Guest, sink))
                {
                    vm.RemoveByQmp("nic");
                }

                vm.Qmp.Execute("netdev_del", """{"id": "nd"}""");
                Check.True(!Directory.Exists("/sys/class/net/" + Tap), "the tap interface is gone");
            }

            Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        });
        vm.Vm.PowerOff();
    }
}
