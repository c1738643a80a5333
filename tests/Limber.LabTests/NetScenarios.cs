using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Network cards of a running guest, on tap interfaces.</summary>
internal static class NetScenarios
{
    private const string Modules = "virtio_pci,virtio_net";
    private const string Tap = "labtap0";
    internal const string Host = "192.168.249.1";
    internal const string Guest = "192.168.249.2";
    private const string Card = """{"id":"nic","tap":"labtap0","ip":"192.168.249.1","mask":"255.255.255.0","mac":"12:34:56:78:90:ab"}""";
    private const int Length = 1 << 20;

    public static Scenario[] All =>
    [
        new("network-rest", ByRest),
        new("network-under-traffic", UnderTraffic),
        new("network-tap-dies", TapDies),
    ];

    private static void ByRest(LabContext context)
    {
        RestVm vm = RestVm.Start(context, Modules);
        vm.Watch(() =>
        {
            int descriptors = 0;
            for (int round = 0; round < 4; round++)
            {
                vm.Add("net", Card);
                ConfigureCard(vm.Guest);
                Check.Equal("12:34:56:78:90:ab", vm.Guest.Run("cat /sys/class/net/eth0/address"), "the card's address in the guest");
                Check.Equal("0", vm.Guest.Run($"ping -c 3 -i 0.2 -W 5 {Host} >/dev/null; echo $?"), "ping from the guest to the host");
                Exchange(vm.Guest);
                vm.Remove("nic");
                ExpectNoCard(vm.Guest);
                descriptors = round < 2 ? vm.Process.CountDescriptors() : descriptors;
                vm.ExpectNothingLeft("nic", descriptors);
            }
        });
        vm.PowerOff();
    }

    // Behind a port by QMP and on the root bus by REST, in turn; each card is taken away while it sends and receives.
    private static void UnderTraffic(LabContext context)
    {
        const int rounds = 10;
        (LabVm vm, RestClient rest) = StartBoth(context);
        using var sink = new Sink(9);
        var clock = Stopwatch.StartNew();
        Watch(vm, rest, () =>
        {
            (int, int) before = default;
            for (int round = 0; round < rounds; round++)
            {
                bool byQmp = round % 2 == 0;
                Action remove = byQmp ? AddByQmp(vm, vhost: false) : AddByRest(vm, rest);
                ConfigureCard(vm.Guest);
                Exchange(vm.Guest);
                using (new CardTraffic(vm.Guest, Host, Guest, sink))
                {
                    remove();
                }

                ExpectNoCard(vm.Guest);
                (int, int) now = (vm.Process.CountDescriptors(), vm.Process.CountThreads("nic"));
                before = round < 2 ? now : before;
                Check.Equal(before, now, $"descriptors and threads of the card after round {round}");
            }

            context.Figures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{rounds} times added, used and removed under traffic: {clock.Elapsed.TotalSeconds / rounds:F1} s each"));

            Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        });
        vm.PowerOff();
    }

    // Somebody deletes the interface: the user hears of it, the guest sees the cable pulled, and another card works.
    private static void TapDies(LabContext context)
    {
        (LabVm vm, RestClient rest) = StartBoth(context);
        Watch(vm, rest, () =>
        {
            Refusals(vm, rest);
            Die(vm, vhost: false);
            if (File.Exists("/dev/vhost-net"))
            {
                Die(vm, vhost: true);
            }

            Action remove = AddByRest(vm, rest);
            ConfigureCard(vm.Guest);
            Exchange(vm.Guest);
            remove();
            ExpectNoCard(vm.Guest);
        });
        vm.PowerOff();
    }

    private static void Die(LabVm vm, bool vhost)
    {
        Action remove = AddByQmp(vm, vhost);
        ConfigureCard(vm.Guest);
        Check.Equal("1", vm.Guest.Run("cat /sys/class/net/eth0/carrier"), "the cable");
        Shell($"busybox ip link delete {Tap} 2>/dev/null || ip link delete {Tap}");
        JsonElement failure = vm.Qmp.WaitEvent("X_LIMBER_DEVICE_FAILED", 20);
        Check.Equal("nic", failure.GetProperty("data").GetProperty("device").GetString(), "device of the event");
        vm.Guest.RunUntil("cat /sys/class/net/eth0/carrier", "0", 10);
        Check.Equal("running", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "the machine");
        remove();
        ExpectNoCard(vm.Guest);
    }

    private static void Refusals(LabVm vm, RestClient rest)
    {
        string refusal = vm.Qmp.ExecuteFailing("device_add", """{"driver": "virtio-net-pci", "id": "nic", "netdev": "none", "bus": "rp1"}""");
        Check.Equal("GenericError: Property 'virtio-net-device.netdev' can't find value 'none'", refusal, "a netdev that is not there");
        foreach (string body in (ReadOnlySpan<string>)
        [
            """{"id":"nic","tap":"a-name-longer-than-15-bytes"}""",
            """{"id":"nic","tap":"labtap0","mac":"01:00:5e:00:00:01"}""",
            """{"id":"nic","tap":"labtap0","mac":"nonsense"}""",
            """{"id":"nic","tap":"labtap0","ip":"300.1.1.1","mask":"255.255.255.0"}""",
            """{"id":"nic","tap":"labtap0","ip":"192.168.249.1"}""",
            """{"id":"nic","tap":"labtap0","num_queues":3}""",
            """{"id":"nic","tap":"lo"}""",
            """{"id":"nic","vhost_user":true,"vhost_socket":"/nowhere/sock"}""",
        ])
        {
            (int status, string reply) = rest.Send("PUT", "vm.add-net", body);
            Check.True(status is 400 or 500, $"vm.add-net {body} must be refused and was answered {status} {reply}");
            Check.True(!Directory.Exists("/sys/class/net/" + Tap), $"a refused {body} leaves no interface");
        }
    }

    private static Action AddByQmp(LabVm vm, bool vhost)
    {
        vm.Qmp.Execute("netdev_add", $$"""{"type": "tap", "id": "nd", "ifname": "labtap0", "script": "no", "downscript": "no", "vhost": {{(vhost ? "true" : "false")}}}""");
        vm.Qmp.Execute("device_add", """{"driver": "virtio-net-pci", "id": "nic", "netdev": "nd", "bus": "rp1", "mac": "12:34:56:78:90:ab"}""");
        Shell($"busybox ifconfig {Tap} {Host} netmask 255.255.255.0 up 2>/dev/null || (ip address add {Host}/24 dev {Tap} && ip link set {Tap} up)");
        return () =>
        {
            vm.Qmp.Execute("device_del", """{"id": "nic"}""");
            WaitDeleted(vm);
            vm.Qmp.Execute("netdev_del", """{"id": "nd"}""");
        };
    }

    private static Action AddByRest(LabVm vm, RestClient rest)
    {
        (int status, string reply) = rest.Send("PUT", "vm.add-net", Card);
        Check.Equal(200, status, "vm.add-net: " + reply);
        return () =>
        {
            Check.Equal((204, ""), rest.Send("PUT", "vm.remove-device?wait=60", """{"id":"nic"}"""), "vm.remove-device");
            WaitDeleted(vm);
        };
    }

    private static void WaitDeleted(LabVm vm) => vm.Qmp.WaitEvent(
        "DEVICE_DELETED", 60, e => e.GetProperty("data").TryGetProperty("device", out JsonElement device) && device.GetString() == "nic");

    private static (LabVm Vm, RestClient Api) StartBoth(LabContext context)
    {
        string socket = context["api"];
        LabVm vm = context.StartGuest(
            "2",
            append: "limber.mods=" + Modules,
            extra:
            [
                "-initrd", context.FullInitramfs, "-x-limber", "api-socket=" + socket,
                "-device", "pcie-root-port,id=rp1,bus=pcie.0,addr=0x5,chassis=1",
            ]).Booted();
        return (vm, new RestClient(socket));
    }

    private static void Watch(LabVm vm, RestClient rest, Action story) =>
        GuestDiagnosis.Watch(vm.Process, vm.Guest, () => rest.Send("GET", "vm.operations").Body, story);

    private static void Shell(string command)
    {
        using Process shell = Process.Start("/bin/sh", ["-c", command]);
        shell.WaitForExit();
        Check.Equal(0, shell.ExitCode, command);
    }

    // Polled from here, so that the guest's shell can be asked when the card does not come.
    internal static void ConfigureCard(GuestConsole guest)
    {
        guest.RunUntil("[ -e /sys/class/net/eth0 ] && echo there", "there", 30);
        guest.Run($"ifconfig eth0 {Guest} netmask 255.255.255.0 up");
    }

    // By TCP, from the guest and to it.
    internal static void Exchange(GuestConsole guest)
    {
        guest.Run($"head -c {Length} /dev/urandom >/tmp/sent; mkfifo /tmp/quiet 2>/dev/null; nc -l -p 7 </tmp/sent >/dev/null & nc -l -p 8 <>/tmp/quiet >/tmp/got & true");
        using (System.Net.Sockets.NetworkStream stream = Streams.Connect(new IPEndPoint(IPAddress.Parse(Guest), 7)))
        {
            // Busybox' nc ends with whichever direction ends first, so this end of it stays open.
            Check.Equal(Sum(guest, "/tmp/sent"), Streams.ReceiveSum(stream), "what the host received by TCP");
        }

        using (System.Net.Sockets.NetworkStream stream = Streams.Connect(new IPEndPoint(IPAddress.Parse(Guest), 8)))
        {
            string sum = Streams.SendRandom(stream, Length);
            _ = Streams.ReceiveSum(stream);
            guest.RunUntil("sha256sum </tmp/got | cut -d' ' -f1", sum, 10);
        }
    }

    private static void ExpectNoCard(GuestConsole guest)
    {
        Check.True(!Directory.Exists("/sys/class/net/" + Tap), "the tap interface is gone");
        Check.Equal("", guest.Run("ls /sys/class/net | grep eth"), "cards in the guest");
    }

    private static string Sum(GuestConsole guest, string file) => guest.Run($"sha256sum <{file} | cut -d' ' -f1");
}
