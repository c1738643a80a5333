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
    private const int Rounds = 3;
    private const string Modules = "virtio_pci,virtio_blk,virtio_net,virtio-rng,virtio_balloon,virtio_console";

    public static Scenario[] All =>
    [
        new("disks-qmp", DisksByQmp),
        new("disks-rest", DisksByRest),
        new("devices-survive-reboot", SurviveReboot),
        new("console-and-balloon", ConsoleAndBalloon),
    ];

    // One from the start, another plugged behind a root port and removed again.
    private static void DisksByQmp(LabContext context)
    {
        string boot = DiskFile.Make(context, "boot.img", 16);
        string hot = DiskFile.Make(context, "hot.img", 1);
        LabVm vm = context.StartGuest(
            "2",
            append: "limber.mods=" + Modules,
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
        for (int round = 0; round < Rounds; round++)
        {
            vm.Qmp.Execute("blockdev-add", $$"""{"driver": "raw", "node-name": "n1", "file": {"driver": "file", "filename": "{{hot}}"} }""");
            vm.Qmp.Execute("device_add", """{"driver": "virtio-blk-pci", "id": "hot", "drive": "n1", "bus": "rp1"}""");
            vm.Guest.Run("while [ ! -b /dev/vdb ]; do usleep 10000; done");
            string sum = WriteAndSum(vm.Guest, "/dev/vdb");
            vm.Qmp.Execute("device_del", """{"id": "hot"}""");
            vm.Qmp.WaitEvent("DEVICE_DELETED", 60, e => IsDevice(e, "hot"));
            vm.Qmp.Execute("blockdev-del", """{"node-name": "n1"}""");
            Check.Equal(sum, DiskFile.Sum(hot), $"checksum of the disk on the host in round {round}");
        }

        Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        Check.Equal(0, vm.Process.CountThreads("hot"), "threads of the removed disk");
        vm.PowerOff();
    }

    private static void DisksByRest(LabContext context)
    {
        string hot = DiskFile.Make(context, "hot.img", 1);
        RestVm vm = RestVm.Start(context, Modules, null, "--disk", $"path={DiskFile.Make(context, "boot.img", 16)},image_type=raw");
        GuestConsole guest = vm.Guest;
        Check.Equal("0x1af4 0x1042", guest.Run("cat /sys/bus/pci/devices/0000:00:01.0/vendor /sys/bus/pci/devices/0000:00:01.0/device | xargs"), "the disk in the guest");
        int descriptors = 0;
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < Rounds; round++)
        {
            (string id, string bdf) = vm.AddAt("disk", $$"""{"path":"{{hot}}","image_type":"raw"}""");
            Check.Equal("0000:00:03.0", bdf, "place of the added disk");
            guest.Run("while [ ! -b /dev/vdb ]; do usleep 10000; done");
            string sum = WriteAndSum(guest, "/dev/vdb");
            vm.Remove(id);
            Check.Equal(sum, DiskFile.Sum(hot), $"checksum of the disk on the host in round {round}");
            descriptors = round == 0 ? vm.Process.CountSettledDescriptors() : descriptors;
        }

        context.Figures.Add(string.Create(
            CultureInfo.InvariantCulture, $"{Rounds} times added, written, read and removed: {clock.Elapsed.TotalSeconds / Rounds:F2} s each"));
        Check.Equal(404, vm.Api.Send("PUT", "vm.remove-device", """{"id":"nosuch"}""").Status, "removal of a device that is not there");
        Check.Equal(descriptors, vm.Process.CountSettledDescriptors(), "descriptors of the process");
        vm.PowerOff();
    }

    private static void SurviveReboot(LabContext context)
    {
        RestVm vm = RestVm.Start(context, Modules);
        string kept = DiskFile.Make(context, "kept.img", 8);
        string gone = DiskFile.Make(context, "gone.img", 8);
        vm.Add("disk", $$"""{"path":"{{gone}}","image_type":"raw","id":"gone"}""");
        vm.Add("disk", $$"""{"path":"{{kept}}","image_type":"raw","id":"kept"}""");
        vm.Guest.Run("while [ ! -b /dev/vdb ]; do usleep 10000; done");
        vm.Remove("gone");
        int before = vm.Guest.Output.Position;
        vm.Guest.Type("reboot -f");
        vm.Guest.WaitForPrompt(120, before);
        Check.Equal("0000:00:03.0", vm.Guest.Run("basename $(dirname $(readlink -f /sys/block/vda/device))"), "place of the disk after the reboot");
        Check.Equal("vda", vm.Guest.Run("ls /sys/block | grep vd"), "disks after the reboot");
        vm.PowerOff();
    }

    private static void ConsoleAndBalloon(LabContext context)
    {
        LabVm vm = context.StartGuest(
            "1",
            append: "limber.mods=" + Modules,
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

    private static bool IsDevice(JsonElement e, string id) =>
        e.GetProperty("data").TryGetProperty("device", out JsonElement device) && device.GetString() == id;

    // The cache is dropped before the guest reads, so what it reads has been on the disk. One write, so that the scenario
    // measures the disk and not the guest's programs.
    private static string WriteAndSum(GuestConsole guest, string disk) => guest.Run(
        $"dd if=/dev/urandom of={disk} bs=1M count=1 conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; sha256sum <{disk} | cut -d' ' -f1");

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
