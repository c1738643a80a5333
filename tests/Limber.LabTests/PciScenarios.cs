using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>PCI devices, there from the start and plugged while the guest runs.</summary>
internal static class PciScenarios
{
    private const int MiB = 1 << 20;
    private const int Rounds = 10;
    private const string Modules = "limber.mods=virtio_pci,virtio_blk,virtio_net,virtio-rng,virtio_balloon,virtio_console";

    public static Scenario[] All =>
    [
        new("disks-qmp", DisksByQmp),
        new("disks-rest", DisksByRest),
        new("network-rest", NetworkByRest),
        new("devices-survive-reboot", SurviveReboot),
        new("console-and-balloon", ConsoleAndBalloon),
    ];

    // Raw at the start, qcow2 hot behind a root port, ten times under I/O.
    private static void DisksByQmp(LabContext context)
    {
        string boot = MakeDisk(context, "boot.img", 16);
        string hot = MakeDisk(context, "hot.img", 16);
        LabVm vm = context.StartGuest(
            "2",
            append: Modules,
            extra:
            [
                "-initrd", context.FullInitramfs,
                "-device", "pcie-root-port,id=rp1,bus=pcie.0,addr=0x5,chassis=1",
                "-drive", $"file={boot},id=d0,if=none,format=raw",
                "-device", "virtio-blk-pci,drive=d0,id=disk0,serial=first",
                "-device", "virtio-rng-pci,id=rng0",
            ]).Booted();
        Check.Equal("first", vm.Guest.Run("cat /sys/block/vda/serial"), "serial number in the guest");
        Check.Equal("virtio_rng.0", vm.Guest.Run("cat /sys/class/misc/hw_random/rng_current"), "the guest's entropy source");
        vm.Guest.Run("(while :; do dd if=/dev/urandom of=/dev/vda bs=64k count=64 conv=fsync 2>/dev/null; done) & echo $! >/run/load");
        for (int round = 0; round < Rounds; round++)
        {
            vm.Qmp.Execute("blockdev-add", $$"""{"driver": "raw", "node-name": "n1", "file": {"driver": "file", "filename": "{{hot}}"}}""");
            vm.Qmp.Execute("device_add", """{"driver": "virtio-blk-pci", "id": "hot", "drive": "n1", "bus": "rp1"}""");
            vm.Guest.Run("while [ ! -b /dev/vdb ]; do usleep 10000; done");
            string sum = WriteAndSum(vm.Guest, "/dev/vdb", round);
            vm.Qmp.Execute("device_del", """{"id": "hot"}""");
            vm.Qmp.WaitEvent("DEVICE_DELETED", 60, e => IsDevice(e, "hot"));
            vm.Qmp.Execute("blockdev-del", """{"node-name": "n1"}""");
            Check.Equal(sum, HostSum(hot), $"checksum of the disk on the host in round {round}");
        }

        vm.Guest.Run("kill $(cat /run/load); sync");
        Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        Check.Equal(0, vm.Process.CountThreads("hot"), "threads of the removed disk");
        vm.PowerOff();
    }

    private static void DisksByRest(LabContext context)
    {
        string hot = MakeDisk(context, "hot.img", 16);
        (GuestConsole guest, RestClient rest, VmmProcess process) = StartRest(context, "--disk", $"path={MakeDisk(context, "boot.img", 16)},image_type=raw");
        Check.Equal("0x1af4 0x1042", guest.Run("cat /sys/bus/pci/devices/0000:00:01.0/vendor /sys/bus/pci/devices/0000:00:01.0/device | xargs"), "the disk in the guest");
        int descriptors = process.CountDescriptors();
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < Rounds; round++)
        {
            (int status, string body) = rest.Send("PUT", "vm.add-disk", $$"""{"path":"{{hot}}","image_type":"raw"}""");
            Check.Equal((200, "0000:00:03.0"), (status, JsonDocument.Parse(body).RootElement.GetProperty("bdf").GetString()!), "vm.add-disk");
            string id = JsonDocument.Parse(body).RootElement.GetProperty("id").GetString()!;
            guest.Run("while [ ! -b /dev/vdb ]; do usleep 10000; done");
            string sum = WriteAndSum(guest, "/dev/vdb", round);
            (status, body) = rest.Send("PUT", "vm.remove-device?wait=60", $$"""{"id":"{{id}}"}""");
            Check.Equal((204, ""), (status, body), "vm.remove-device");
            Check.Equal(sum, HostSum(hot), $"checksum of the disk on the host in round {round}");
        }

        context.Figures.Add(string.Create(
            CultureInfo.InvariantCulture, $"{Rounds} times added, written, read and removed: {clock.Elapsed.TotalSeconds / Rounds:F2} s each"));
        Check.Equal(404, rest.Send("PUT", "vm.remove-device", """{"id":"nosuch"}""").Status, "removal of a device that is not there");
        Check.Equal(descriptors, process.CountDescriptors(), "descriptors of the process");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(30), "exit code");
    }

    private static void NetworkByRest(LabContext context)
    {
        (GuestConsole guest, RestClient rest, VmmProcess process) = StartRest(context);
        for (int round = 0; round < 3; round++)
        {
            (int status, string body) = rest.Send(
                "PUT", "vm.add-net", """{"id":"nic","tap":"labtap0","ip":"192.168.249.1","mask":"255.255.255.0","mac":"12:34:56:78:90:ab"}""");
            Check.Equal(200, status, "vm.add-net: " + body);
            guest.Run("while [ ! -e /sys/class/net/eth0 ]; do usleep 10000; done; ifconfig eth0 192.168.249.2 netmask 255.255.255.0 up");
            Check.Equal("12:34:56:78:90:ab", guest.Run("cat /sys/class/net/eth0/address"), "the card's address in the guest");
            Check.Equal("0", guest.Run("ping -c 3 -W 5 192.168.249.1 >/dev/null; echo $?"), "ping from the guest to the host");
            guest.Run("dd if=/dev/urandom of=/tmp/sent bs=64k count=32 2>/dev/null; (nc -l -p 7 </tmp/sent >/dev/null) & sleep 1");
            Check.Equal(guest.Run("sha256sum </tmp/sent | cut -d' ' -f1"), Receive("192.168.249.2", 7), "what the host received by TCP");
            Check.Equal(204, rest.Send("PUT", "vm.remove-device?wait=60", """{"id":"nic"}""").Status, "vm.remove-device");
            Check.True(!Directory.Exists("/sys/class/net/labtap0"), "the tap interface is gone");
            Check.Equal("", guest.Run("ls /sys/class/net | grep eth"), "cards in the guest");
        }

        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(30), "exit code");
    }

    private static void SurviveReboot(LabContext context)
    {
        (GuestConsole guest, RestClient rest, VmmProcess process) = StartRest(context);
        string kept = MakeDisk(context, "kept.img", 8);
        string gone = MakeDisk(context, "gone.img", 8);
        Check.Equal(200, rest.Send("PUT", "vm.add-disk", $$"""{"path":"{{gone}}","image_type":"raw","id":"gone"}""").Status, "first disk");
        Check.Equal(200, rest.Send("PUT", "vm.add-disk", $$"""{"path":"{{kept}}","image_type":"raw","id":"kept"}""").Status, "second disk");
        guest.Run("while [ ! -b /dev/vdb ]; do usleep 10000; done");
        Check.Equal(204, rest.Send("PUT", "vm.remove-device?wait=60", """{"id":"gone"}""").Status, "removal");
        int before = guest.Output.Position;
        guest.Type("reboot -f");
        guest.WaitForPrompt(120, before);
        Check.Equal("0000:00:03.0", guest.Run("basename $(dirname $(readlink -f /sys/block/vda/device))"), "place of the disk after the reboot");
        Check.Equal("vda", guest.Run("ls /sys/block | grep vd"), "disks after the reboot");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(30), "exit code");
    }

    private static void ConsoleAndBalloon(LabContext context)
    {
        LabVm vm = context.StartGuest(
            "1",
            append: Modules,
            extra:
            [
                "-initrd", context.FullInitramfs,
                "-device", "virtio-serial-pci,id=serial0",
                "-chardev", $"file,id=port,path={context["port.txt"]}",
                "-device", "virtserialport,chardev=port,name=org.limber.test",
                "-device", "virtio-balloon-pci,id=balloon0",
            ]).Booted();
        vm.Guest.Run("p=$(grep -l org.limber.test /sys/class/virtio-ports/*/name | cut -d/ -f5); echo through the port >/dev/$p");
        Wait(() => File.ReadAllText(context["port.txt"]) == "through the port\n", "the text from the guest's port");
        long free = MemTotal(vm.Guest);
        vm.Qmp.Execute("balloon", $$"""{"value": {{256L * MiB}}}""");
        Wait(() => vm.Qmp.Execute("query-balloon").GetProperty("actual").GetInt64() == 256L * MiB, "the balloon's size");
        Check.True(MemTotal(vm.Guest) < free - (200 * 1024), "the guest has given memory up");
        vm.PowerOff();
    }

    private static (GuestConsole Guest, RestClient Rest, VmmProcess Process) StartRest(LabContext context, params string[] extra)
    {
        string socket = context["api"];
        VmmProcess process = context.Start(
        [
            "cloud-hypervisor", "--kernel", context.Vmlinux, "--initramfs", context.FullInitramfs,
            "--cmdline", $"console=ttyS0 quiet panic=-1 limber.noecho {Modules}", "--cpus", "boot=2", "--memory", "size=512M",
            "--serial", "tty", "--console", "off", "--api-socket", socket, .. extra,
        ]);
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(120);
        return (guest, new RestClient(socket), process);
    }

    private static bool IsDevice(JsonElement e, string id) =>
        e.GetProperty("data").TryGetProperty("device", out JsonElement device) && device.GetString() == id;

    private static string MakeDisk(LabContext context, string name, int mebibytes)
    {
        using FileStream file = File.Create(context[name]);
        file.SetLength((long)mebibytes * MiB);
        return context[name];
    }

    // The cache is dropped before the guest reads, so what it reads has been on the disk.
    private static string WriteAndSum(GuestConsole guest, string disk, int seed) => guest.Run(
        $"yes {seed} | dd of={disk} bs=64k count=256 iflag=fullblock conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; sha256sum <{disk} | cut -d' ' -f1");

    private static string HostSum(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file));
    }

    private static string Receive(string address, int port)
    {
        using var client = new System.Net.Sockets.TcpClient();
        client.Connect(address, port);
        client.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(client.GetStream()));
    }

    private static long MemTotal(GuestConsole guest) =>
        long.Parse(guest.Run("grep MemTotal /proc/meminfo | tr -dc 0-9"), CultureInfo.InvariantCulture);

    private static void Wait(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Check.True(clock.Elapsed < TimeSpan.FromSeconds(60), "waited 60 s for " + what);
            System.Threading.Thread.Sleep(50);
        }
    }
}
