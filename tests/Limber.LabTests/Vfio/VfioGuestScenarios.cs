using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests.Vfio;

/// <summary>Functions of the lab machine in the hands of a Linux guest (<c>lab/vfio</c>).</summary>
internal static class VfioGuestScenarios
{
    private const int Rounds = 3;

    public static Scenario[] All =>
    [
        new("vfio-guest-edu", PlayEdu),
        new("vfio-guest-nvme", PlayNvme),
    ];

    // Behind a root port, by QMP; its registers from the guest's shell, through the BAR that is mapped into the guest.
    private static void PlayEdu(LabContext context)
    {
        string path = VfioHostDevice.Bind("1234", "11e8");
        LabVm vm = context.StartGuest("1", extra: ["-initrd", context.FullInitramfs, "-device", "pcie-root-port,id=rp1,bus=pcie.0,addr=0x5,chassis=1"]).Booted();
        for (int round = 0; round < Rounds; round++)
        {
            vm.Qmp.Execute("device_add", $$"""{"driver": "vfio-pci", "id": "edu", "host": "{{Path.GetFileName(path)}}", "bus": "rp1"}""");
            vm.Guest.Run("while [ ! -e /sys/bus/pci/devices/0000:01:00.0/enable ]; do usleep 10000; done");
            Check.Equal("0x1234 0x11e8", vm.Guest.Run("cd /sys/bus/pci/devices/0000:01:00.0; cat vendor device | xargs"), "identity in the guest");
            vm.Guest.Run("echo 1 >enable; read bar x </sys/bus/pci/devices/0000:01:00.0/resource");
            Check.Equal("0x010000ED", vm.Guest.Run("devmem $bar 32"), "identification register");
            Check.Equal("0xEDCBA987", vm.Guest.Run("devmem $((bar + 4)) 32 0x12345678; devmem $((bar + 4)) 32"), "liveness register");
            vm.Guest.Run("cd /");
            vm.Qmp.Execute("device_del", """{"id": "edu"}""");
            vm.Qmp.WaitEvent("DEVICE_DELETED", 60, e => e.GetProperty("data").TryGetProperty("device", out JsonElement d) && d.GetString() == "edu");
        }

        Check.Equal(0, vm.Process.CountThreads("vfio"), "threads of the removed function");
        vm.PowerOff();
    }

    // On the root bus, by REST; a disk whose data is moved by its own DMA.
    private static void PlayNvme(LabContext context)
    {
        string path = VfioHostDevice.Bind("1b36", "0010");
        string api = context["api"];
        LabVm vm = context.StartGuest("2", extra: ["-initrd", context.FullInitramfs, "-x-limber", "api-socket=" + api]).Booted();
        var rest = new RestClient(api);
        _ = rest.Send("GET", "vmm.ping");
        int descriptors = vm.Process.CountSettledDescriptors();
        string sum = "";
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < Rounds; round++)
        {
            (int status, string answer) = rest.Send("PUT", "vm.add-device", $$"""{"id":"n","path":"{{path}}"}""");
            Check.Equal(200, status, "vm.add-device: " + answer);
            vm.Guest.Run("while [ ! -b /dev/nvme0n1 ]; do usleep 10000; done");
            if (round != 0)
            {
                Check.Equal(sum, Sum(vm.Guest), $"what the disk has kept for round {round}");
            }

            vm.Guest.Run("dd if=/dev/urandom of=/dev/nvme0n1 bs=1M count=1 conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches");
            sum = Sum(vm.Guest);
            if (round == 0)
            {
                context.Figures.Add("interrupts of the guest: " + vm.Guest.Run("grep -c 'nvme0q' /proc/interrupts") + " vectors");
                int before = vm.Guest.Output.Position;
                vm.Guest.Type("reboot -f");
                vm.Guest.WaitForPrompt(120, before);
                Check.Equal(sum, Sum(vm.Guest), "what the disk has after the guest's reboot");
            }

            (status, answer) = rest.Send("PUT", "vm.remove-device?wait=60", """{"id":"n"}""");
            Check.Equal(204, status, "vm.remove-device: " + answer);
        }

        context.Figures.Add(string.Create(
            CultureInfo.InvariantCulture, $"{Rounds} times added, read, written and removed, and one reboot: {clock.Elapsed.TotalSeconds:F1} s"));
        Check.Equal(descriptors, vm.Process.CountSettledDescriptors(), "descriptors of the process");
        Check.Equal(0, vm.Process.CountThreads("vfio"), "threads of the removed function");
        Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        vm.PowerOff();
    }

    private static string Sum(GuestConsole guest) => guest.Run("dd if=/dev/nvme0n1 bs=1M count=1 2>/dev/null | sha256sum | cut -d' ' -f1");
}
