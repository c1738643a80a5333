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

    public static Scenario[] All => [new("memory-huge", Play)];

    private static void Play(LabContext context)
    {
        FillPool((BootMiB + MoreMiB) / PageMiB);
        string socket = context["api"];
        VmmProcess process = context.Start(
        [
            "cloud-hypervisor", "--kernel", context.Vmlinux, "--initramfs", context.Initramfs,
            "--cmdline", "console=ttyS0 quiet panic=-1 limber.noecho", "--cpus", "boot=2",
            "--memory", $"size={BootMiB}M,hugepages=on,hugepage_size=2M,hotplug_size=1G",
            "--serial", "tty", "--console", "off", "--api-socket", socket,
        ]);
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(120);
        var rest = new RestClient(socket);
        long before = MemTotal(guest);
        OnlineNew(guest);
        Check.Equal(MoreMiB / PageMiB, ReadHost("HugePages_Free") - ReadHost("HugePages_Rsvd"), "huge pages left for others");

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
        Check.Equal(MoreMiB / PageMiB, ReadHost("HugePages_Free") - ReadHost("HugePages_Rsvd"), "huge pages left for others in the end");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(60), "exit code");
        Check.Equal((BootMiB + MoreMiB) / PageMiB, ReadHost("HugePages_Free"), "free huge pages without a machine");
        File.WriteAllText(Pool, "0");
    }

    private static (int Status, string Body) Resize(RestClient rest, int mebibytes) =>
        rest.Send("PUT", "vm.resize?wait=60", $$"""{"desired_ram":{{mebibytes * MiB}}}""");

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
