using System.Diagnostics;
using System.Globalization;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>Memory that comes and goes while the guest runs, as its own accounts and the host's say.</summary>
internal static class MemoryScenarios
{
    // The guest's page tables and the like of 512 MiB and the VMM itself; far less than any memory that comes here.
    private const long Tolerance = 96;

    public static Scenario[] All =>
    [
        new("memory-dimms", Dimms),
        new("memory-resize", Resize),
        new("memory-virtio", VirtioMem),
        .. MemoryRefusalScenarios.All,
        .. MemoryNodeScenarios.All,
        .. MemoryZoneScenarios.All,
        .. MemoryHugeScenarios.All,
        .. MemoryCutScenarios.All,
        .. MemoryHandOverScenarios.All,
        .. MemoryStormScenario.All,
    ];

    private static void Dimms(LabContext context)
    {
        LabVm vm = context.StartGuest("2", extra: ["-m", "slots=4,maxmem=4G"]).Booted();
        long before = MemTotal(vm.Guest);
        OnlineNew(vm.Guest);
        var clock = Stopwatch.StartNew();
        Plug(vm, "dimm0", 512);
        context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"plug to the guest's answer, 512 MiB: {clock.Elapsed.TotalSeconds:F2} s"));
        ExpectMore(vm.Guest, before, 512);
        Fill(vm.Guest, 700);
        Check.True(ResidentMiB(vm.Process) > 700, $"the host has {ResidentMiB(vm.Process)} MiB of a guest that filled 700");
        Check.Equal(512 * MiB, vm.Qmp.Execute("query-memory-size-summary").GetProperty("plugged-memory").GetInt64(), "plugged-memory");

        // A plug of much costs what a plug of little does.
        clock.Restart();
        Plug(vm, "dimm1", 2048);
        context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"plug to the guest's answer, 2 GiB: {clock.Elapsed.TotalSeconds:F2} s"));
        ExpectMore(vm.Guest, before, 512 + 2048);
        Empty(vm.Guest);
        Unplug(vm, "dimm1");
        Unplug(vm, "dimm0");
        ExpectMore(vm.Guest, before, 0);
        Check.True(ResidentMiB(vm.Process) < 512 + Tolerance, $"the host has {ResidentMiB(vm.Process)} MiB of a guest that has 512");

        Plug(vm, "dimm2", 256);
        int position = vm.Guest.Output.Position;
        vm.Guest.Type("reboot -f");
        vm.Guest.WaitForPrompt(120, position);
        OnlineAll(vm.Guest);
        ExpectMore(vm.Guest, before, 256);
        Unplug(vm, "dimm2");
        ExpectMore(vm.Guest, before, 0);
        vm.ExpectNoAcpiComplaint();
        vm.PowerOff();
    }

    // 512 MiB, 1 GiB, 3 GiB and back, processors in the same request.
    private static void Resize(LabContext context)
    {
        string socket = context["api"];
        VmmProcess process = context.Start(
        [
            "cloud-hypervisor", "--kernel", context.Vmlinux, "--initramfs", context.Initramfs,
            "--cmdline", "console=ttyS0 quiet panic=-1 limber.noecho", "--cpus", "boot=1,max=2",
            "--memory", "size=512M,hotplug_size=4G", "--serial", "tty", "--console", "off", "--api-socket", socket,
        ]);
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(120);
        var rest = new RestClient(socket);
        long before = MemTotal(guest);
        OnlineNew(guest);
        Send(rest, $$"""{"desired_vcpus":2,"desired_ram":{{1024 * MiB}}}""");
        ExpectMore(guest, before, 512);
        Check.Equal("2", guest.Run("ls -d /sys/devices/system/cpu/cpu[0-9]* | wc -l"), "processors");
        Send(rest, $$"""{"desired_ram":{{1024 * MiB}}}""");
        Send(rest, $$"""{"desired_ram":{{3072 * MiB}}}""");
        ExpectMore(guest, before, 2560);
        Fill(guest, 600);
        Empty(guest);
        Send(rest, $$"""{"desired_ram":{{1024 * MiB}}}""");
        ExpectMore(guest, before, 512);
        Send(rest, $$"""{"desired_ram":{{512 * MiB}}}""");
        ExpectMore(guest, before, 0);
        Check.True(ResidentMiB(process) < 512 + Tolerance, $"the host has {ResidentMiB(process)} MiB of a guest that has 512");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(30), "exit code");
    }

    private static void VirtioMem(LabContext context)
    {
        LabVm vm = context.StartGuest(
            "2",
            append: "limber.mods=virtio_pci,virtio_mem",
            extra:
            [
                "-initrd", context.FullInitramfs, "-m", "maxmem=4G",
                "-object", "memory-backend-ram,id=m0,size=3G", "-device", "virtio-mem-pci,id=vm0,memdev=m0,requested-size=0",
            ]).Booted();
        long before = MemTotal(vm.Guest);
        OnlineNew(vm.Guest);
        Request(vm, 512);
        ExpectMore(vm.Guest, before, 512);
        Request(vm, 2560);
        ExpectMore(vm.Guest, before, 2560);
        Fill(vm.Guest, 700);
        Check.True(ResidentMiB(vm.Process) > 700, $"the host has {ResidentMiB(vm.Process)} MiB of a guest that filled 700");
        Empty(vm.Guest);
        Request(vm, 256);
        ExpectMore(vm.Guest, before, 256);
        int position = vm.Guest.Output.Position;
        vm.Guest.Type("reboot -f");
        vm.Guest.WaitForPrompt(120, position);
        OnlineAll(vm.Guest);
        WaitSize(vm, 256);
        ExpectMore(vm.Guest, before, 256);
        Request(vm, 0);
        ExpectMore(vm.Guest, before, 0);
        Check.True(ResidentMiB(vm.Process) < 512 + Tolerance, $"the host has {ResidentMiB(vm.Process)} MiB of a guest that has 512");
        vm.PowerOff();
    }

    private static void Send(RestClient rest, string body)
    {
        (int status, string answer) = rest.Send("PUT", "vm.resize?wait=60", body);
        Check.Equal((204, ""), (status, answer), "vm.resize " + body);
    }

    // A pattern again and again, compared in some places: memory that is there twice, or not at all, would show.
    private static void Fill(GuestConsole guest, int mebibytes)
    {
        const int Pattern = 8;
        int count = mebibytes / Pattern;
        Check.Equal(
            "same",
            guest.Run(
                $"mkdir -p /fill; mount -t tmpfs -o size={mebibytes + 64}M none /fill; dd if=/dev/urandom of=/fill/one bs=1M count={Pattern} 2>/dev/null; "
                + $"i=0; while [ $i -lt {count} ]; do cat /fill/one || break; i=$((i+1)); done >/fill/all; "
                + $"r=same; i=0; while [ $i -lt {count} ]; do dd if=/fill/all bs={Pattern}M skip=$i count=1 2>/dev/null | cmp -s - /fill/one || r=$i; i=$((i+13)); done; echo $r"),
            $"contents of {mebibytes} MiB of files in memory");
    }

    private static void Empty(GuestConsole guest) => guest.Run("umount /fill");
}
