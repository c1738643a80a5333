using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>Memory of the host's huge pages: taken from its pool, refused when that is empty, and back in it afterwards.</summary>
internal static class MemoryHugeScenarios
{
    private const string Pool = "/proc/sys/vm/nr_hugepages";
    private const int PageMiB = 2;
    private const int BootMiB = 384;
    private const int MoreMiB = 128;

    public static Scenario[] All => [new("memory-huge", Play), new("memory-huge-virtio", PlayVirtio)];

    private static void Play(LabContext context)
    {
        FillPool((BootMiB + MoreMiB) / PageMiB);
        (VmmProcess process, GuestConsole guest, RestClient rest) = Start(context, context.Initramfs, "", "");
        long before = MemTotal(guest);
        OnlineNew(guest);
        Check.Equal(MoreMiB / PageMiB, FreePages(), "huge pages left for others");

        Check.Equal((204, ""), Resize(rest, BootMiB + MoreMiB), "vm.resize to all huge pages");
        ExpectMore(guest, before, MoreMiB);
        (int status, string refusal) = Resize(rest, BootMiB + (2 * MoreMiB));
        Check.Equal(500, status, "status of vm.resize to more than the pool has");
        Check.True(refusal.Contains($"in huge pages of {PageMiB * MiB} bytes", StringComparison.Ordinal), "vm.resize answers " + refusal);
        context.Figures.Add(refusal);

        // What the guest has written is not there when it starts anew, and the pages are.
        int position = guest.Output.Position;
        guest.Type("reboot -f");
        guest.WaitForPrompt(120, position);
        OnlineAll(guest);
        ExpectMore(guest, before, MoreMiB);
        Check.Equal((204, ""), Resize(rest, BootMiB), "vm.resize back");
        ExpectMore(guest, before, 0);
        Check.Equal(MoreMiB / PageMiB, FreePages(), "huge pages left for others in the end");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(60), "exit code");
        Check.Equal((BootMiB + MoreMiB) / PageMiB, ReadHost("HugePages_Free"), "free huge pages without a machine");
        File.WriteAllText(Pool, "0");
    }

    // Pages come from the pool block by block and go back to it; when it is empty the guest hears "busy", and nothing breaks.
    private static void PlayVirtio(LabContext context)
    {
        FillPool((BootMiB + (2 * MoreMiB)) / PageMiB);
        (VmmProcess process, GuestConsole guest, RestClient rest) = Start(
            context, context.FullInitramfs, " limber.mods=virtio_pci,virtio_mem", ",hotplug_method=virtio-mem");
        long before = MemTotal(guest);
        OnlineNew(guest);
        Check.Equal(2 * MoreMiB / PageMiB, FreePages(), "huge pages left for others");

        Check.Equal((204, ""), Resize(rest, BootMiB + MoreMiB), "vm.resize");
        ExpectMore(guest, before, MoreMiB);
        Check.Equal(MoreMiB / PageMiB, FreePages(), "huge pages left for others after the first step");
        guest.Run("mkdir -p /fill; mount -t tmpfs none /fill; dd if=/dev/urandom of=/fill/a bs=1M count=64 2>/dev/null");
        string sum = guest.Run("sha256sum </fill/a | cut -d' ' -f1");

        // Another program takes what is left: the guest can't have more, keeps what it has, and the machine lives.
        File.WriteAllText(Pool, ((BootMiB + MoreMiB) / PageMiB).ToString(CultureInfo.InvariantCulture));
        Check.Equal(0, FreePages(), "huge pages left in the smaller pool");
        (int status, string answer) = rest.Send("PUT", "vm.resize", $$"""{"desired_ram":{{(BootMiB + (2 * MoreMiB)) * MiB}}}""");
        Check.Equal(204, status, "vm.resize to more than the pool has: " + answer);
        Wait(() => guest.Run("dmesg | grep -c 'virtio_mem.*requested size: 0x10000000'") != "0", "the guest to hear of the wish");
        ExpectMore(guest, before, MoreMiB);
        Check.Equal(sum, guest.Run("sha256sum </fill/a | cut -d' ' -f1"), "a file in memory");
        File.WriteAllText(Pool, ((BootMiB + (2 * MoreMiB)) / PageMiB).ToString(CultureInfo.InvariantCulture));
        Check.Equal((204, ""), Resize(rest, BootMiB + MoreMiB + PageMiB), "vm.resize when the pool has some again");
        Check.Equal((MoreMiB / PageMiB) - 1, FreePages(), "huge pages left after one block more");

        guest.Run("umount /fill");
        Check.Equal((204, ""), Resize(rest, BootMiB), "vm.resize back");
        ExpectMore(guest, before, 0);
        Check.Equal(2 * MoreMiB / PageMiB, FreePages(), "huge pages left for others in the end");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(60), "exit code");
        File.WriteAllText(Pool, "0");
    }

    private static int FreePages() => ReadHost("HugePages_Free") - ReadHost("HugePages_Rsvd");

    private static (int Status, string Body) Resize(RestClient rest, int mebibytes) =>
        rest.Send("PUT", "vm.resize?wait=60", $$"""{"desired_ram":{{mebibytes * MiB}}}""");

    private static (VmmProcess Process, GuestConsole Guest, RestClient Api) Start(LabContext context, string initramfs, string parameters, string memory)
    {
        string socket = context["api"];
        VmmProcess process = context.Start(
        [
            "cloud-hypervisor", "--kernel", context.Vmlinux, "--initramfs", initramfs,
            "--cmdline", "console=ttyS0 quiet panic=-1 limber.noecho" + parameters, "--cpus", "boot=2",
            "--memory", $"size={BootMiB}M,hugepages=on,hugepage_size=2M,hotplug_size=1G{memory}",
            "--serial", "tty", "--console", "off", "--api-socket", socket,
        ]);
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(120);
        return (process, guest, new RestClient(socket));
    }

    private static void FillPool(int pages)
    {
        try
        {
            File.WriteAllText(Pool, pages.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SkipException($"the host's huge pages can't be set: {e.Message}");
        }

        if (ReadHost("HugePages_Free") != pages || ReadHost("Hugepagesize") != PageMiB * 1024)
        {
            throw new SkipException($"the host has {ReadHost("HugePages_Free")} free huge pages of {ReadHost("Hugepagesize")} KiB, not {pages} of 2 MiB");
        }
    }

    private static int ReadHost(string name) => int.Parse(
        string.Concat(File.ReadLines("/proc/meminfo").First(l => l.StartsWith(name + ":", StringComparison.Ordinal)).Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture);
}
