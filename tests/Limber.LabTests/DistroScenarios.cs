using System;
using System.IO;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A Debian installation, with systemd and udev, that runs from a disk and grows and shrinks.</summary>
internal static class DistroScenarios
{
    private const double BootSeconds = 240;
    private const string Modules = "limber.mods=virtio_pci,virtio_blk root=/dev/vda";

    private const string Tap = "labtap7";
    private const string HostAddress = "192.168.246.1";
    private const string GuestAddress = "192.168.246.2";
    private const string CardAddress = "12:34:56:78:90:cd";

    // How the laboratory names the disk's image when it hands it on as a block device.
    private const string LabDisk = "/dev/lab/debian";

    public static Scenario[] All =>
    [
        new("debian-on-raw-disk", OnRawDisk),
        new("debian-on-qcow2-disk", OnQcow2Disk),
    ];

    // Cloud Hypervisor's dialect; the guest's own udev rules do what the user would have to do.
    private static void OnRawDisk(LabContext context)
    {
        string socket = context["api"];
        VmmProcess process = context.Start(
            "cloud-hypervisor", "--kernel", context.Vmlinux, "--initramfs", context.FullInitramfs,
            "--cmdline", $"console=ttyS0 quiet panic=-1 {Modules}", "--cpus", "boot=1,max=4", "--memory", "size=768M",
            "--disk", $"path={RawDisk(context)},image_type=raw", "--serial", "tty", "--console", "off", "--api-socket", socket);
        var vm = new RestVm(process, new RestClient(socket));
        vm.Guest.WaitForPrompt(BootSeconds);
        ExpectDebian(vm.Guest);
        Check.Equal(204, vm.Api.Send("PUT", "vm.resize?wait=60", """{"desired_vcpus":3}""").Status, "vm.resize");
        vm.Guest.RunUntil("nproc", "3", 30);

        string data = DiskFile.Make(context, "data.img", 16);
        vm.Guest.Run("{ (while [ ! -e /tmp/stop ]; do dd if=/dev/urandom of=/root/busy bs=64k count=16 conv=fsync 2>/dev/null; done; touch /tmp/stopped) & }");
        for (int round = 0; round < 3; round++)
        {
            string id = vm.Add("disk", $$"""{"path":"{{data}}","image_type":"raw","serial":"data{{round}}"}""");
            string sum = UseDisk(vm.Guest, $"data{round}");
            vm.Remove(id);
            vm.Guest.RunUntil($"ls /dev/disk/by-id 2>/dev/null | grep -c data{round}", "0", 30);
            Check.True(sum.Length == 64, "the guest's checksum: " + sum);
        }

        UseCard(context, vm);
        vm.Guest.Run("touch /tmp/stop; while [ ! -e /tmp/stopped ]; do sleep 0.1; done");
        Check.Equal(204, vm.Api.Send("PUT", "vm.resize?wait=60", """{"desired_vcpus":1}""").Status, "vm.resize");
        vm.Guest.RunUntil("nproc", "1", 30);
        ExpectNoComplaint(vm.Guest);
        vm.PowerOff("systemctl poweroff");
    }

    // A card that comes while the disk is busy, ssh over it, and the card goes.
    private static void UseCard(LabContext context, RestVm vm)
    {
        if (!SecureShell.IsThere)
        {
            context.Figures.Add("no ssh on this host");
            return;
        }

        string id = vm.Add("net", $$"""{"tap":"{{Tap}}","ip":"{{HostAddress}}","mask":"255.255.255.0","mac":"{{CardAddress}}"}""");
        const string Card = $"c=$(ip -o link | grep {CardAddress} | cut -d' ' -f2)";
        vm.Guest.Run($"while {Card}; [ -z \"$c\" ]; do sleep 0.1; done; sleep 0.5; {Card}; c=${{c%:}}; ip link set $c up; ip addr add {GuestAddress}/24 dev $c");
        double seconds = SecureShell.Exchange(context, vm.Guest, GuestAddress);
        context.Figures.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ssh from the host, 1 MiB there and back: {seconds:F1} s"));
        vm.Remove(id);
        vm.Guest.RunUntil($"ip -o link | grep -c {CardAddress}", "0", 10);
    }

    // QEMU's dialect, the image an overlay of a compressed one; what was written is there after a reboot.
    private static void OnQcow2Disk(LabContext context)
    {
        File.Copy(Path.Combine(context.Distro, "overlay.qcow2"), context["overlay.qcow2"]);
        File.CreateSymbolicLink(context["debian.qcow2"], Path.Combine(context.Distro, "debian.qcow2"));
        LabVm vm = context.StartGuest(
            "1,maxcpus=2",
            append: Modules,
            extra:
            [
                "-initrd", context.FullInitramfs, "-m", "768",
                "-device", "pcie-root-port,id=rp1,bus=pcie.0,addr=0x5,chassis=1",
                "-drive", $"file={context["overlay.qcow2"]},id=root,if=none,format=qcow2",
                "-device", "virtio-blk-pci,drive=root,id=disk0",
            ]);
        vm.Guest.WaitForPrompt(BootSeconds);
        ExpectDebian(vm.Guest);
        vm.Plug(1, "cpu1");
        vm.Guest.RunUntil("nproc", "2", 30);
        string sum = vm.Guest.Run("head -c 4M /dev/urandom >/root/kept; sync; sha256sum </root/kept");

        string data = DiskFile.Make(context, "data.img", 16);
        vm.Qmp.Execute("blockdev-add", $$"""{"driver": "raw", "node-name": "n1", "file": {"driver": "file", "filename": "{{data}}"} }""");
        vm.Qmp.Execute("device_add", """{"driver": "virtio-blk-pci", "id": "hot", "drive": "n1", "bus": "rp1", "serial": "hot"}""");
        UseDisk(vm.Guest, "hot");
        vm.Qmp.Execute("device_del", """{"id": "hot"}""");
        vm.Qmp.WaitEvent("DEVICE_DELETED", 60, IsHotDisk);
        vm.Qmp.Execute("blockdev-del", """{"node-name": "n1"}""");

        int before = vm.Guest.Output.Position;
        vm.Guest.Type("systemctl reboot");

        // The old system's shell goes on for a while.
        before += vm.Guest.Output.WaitFor("GUEST-INIT", before, BootSeconds).Length;
        vm.Guest.WaitForPrompt(BootSeconds, before);
        Check.Equal("2", vm.Guest.Run("nproc"), "processors after the reboot");
        Check.Equal(sum, vm.Guest.Run("sha256sum </root/kept"), "what was written before the reboot");
        ExpectNoComplaint(vm.Guest);
        vm.Guest.Type("systemctl poweroff");
        Check.Equal(0, vm.Process.WaitForExit(60), "exit code");
    }

    private static void ExpectDebian(GuestConsole guest)
    {
        Check.Equal("systemd", guest.Run("cat /proc/1/comm"), "the guest's first process");
        Check.Equal("/dev/vda", guest.Run("findmnt -n -o SOURCE /"), "the guest's root");
        Check.Equal("0", guest.Run("systemctl --failed --no-legend | wc -l"), "services that failed");
    }

    // A file system on the new disk, mounted, written, unmounted, and read again from the disk.
    // (Without a terminal mke2fs says nothing of the one that was there.)
    private static string UseDisk(GuestConsole guest, string serial)
    {
        string disk = "/dev/disk/by-id/virtio-" + serial;
        guest.Run($"while [ ! -e {disk} ]; do sleep 0.05; done");
        string wrote = guest.Run(
            $"mkfs.ext4 -q -F {disk} </dev/null && mount {disk} /mnt && head -c 2M /dev/urandom >/mnt/file && sha256sum </mnt/file | cut -c1-64; umount /mnt");
        string read = guest.Run($"echo 3 >/proc/sys/vm/drop_caches; mount -o ro {disk} /mnt && sha256sum </mnt/file | cut -c1-64; umount /mnt");
        Check.Equal(wrote, read, "checksum of the file on " + disk);
        return read;
    }

    // That RCU was kept waiting says that the host was busy, not that something is wrong with the machine.
    private static void ExpectNoComplaint(GuestConsole guest) =>
        Check.Equal("", guest.Run("dmesg -r | grep -E '^<[0-3]>' | grep -vi 'RETBleed\\|Spectre\\|rcu'"), "errors in the guest's kernel log");

    // The laboratory throws writes to its disks away; elsewhere the scenario works on a copy.
    private static string RawDisk(LabContext context)
    {
        if (File.Exists(LabDisk))
        {
            return LabDisk;
        }

        File.Copy(Path.Combine(context.Distro, "debian.raw"), context["debian.raw"]);
        return context["debian.raw"];
    }

    private static bool IsHotDisk(JsonElement e) =>
        e.GetProperty("data").TryGetProperty("device", out JsonElement device) && device.GetString() == "hot";
}
