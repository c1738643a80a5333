using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Limber.LabTests;

/// <summary>What a request to a disk costs the host, counted: VM exits, those of them that reach the VMM, and its system calls.</summary>
internal static class IoCostScenarios
{
    private const int Requests = 500;

    public static Scenario[] All =>
    [
        new("io-cost-disk", Disk),
    ];

    // One request after the other, the dearest way: no two share a notification, a completion or an interrupt.
    private static void Disk(LabContext context)
    {
        if (!ExitTrace.IsAvailable || !SyscallTrace.IsAvailable)
        {
            throw new SkipException("the kernel's tracing is not mounted");
        }

        string image = DiskFile.Make(context, "disk.img", 16);
        LabVm vm = context.StartGuest(
            "1",
            append: "limber.mods=virtio_pci,virtio_blk",
            extra:
            [
                "-initrd", context.FullInitramfs,
                "-drive", $"file={image},id=d0,if=none,format=raw", "-device", "virtio-blk-pci,drive=d0,id=disk0",
            ]).Booted();
        vm.Guest.Run("echo 0 >/sys/block/vda/queue/read_ahead_kb; dd if=/dev/vda of=/dev/null bs=4k count=16 2>/dev/null");
        int run = 1;
        void Read() => vm.Guest.Run($"dd if=/dev/vda of=/dev/null bs=4k skip={run++ * Requests} count={Requests} 2>/dev/null");

        long requestsBefore = CountRequests(vm);
        long exitsBefore = CountExits(vm);
        Read();
        long exits = CountExits(vm) - exitsBefore;
        long requests = CountRequests(vm) - requestsBefore;
        ExitTrace trace = ExitTrace.During(Read);
        IReadOnlyDictionary<string, int> calls = SyscallTrace.During(vm.Process.Id, Read);
        int loopCalls = calls.Where(c => c.Key.StartsWith("disk0", StringComparison.Ordinal)).Sum(c => c.Value);
        context.Figures.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"a read of 4 KiB, alone: {(double)exits / requests:F1} VM exits, {(double)trace.UserExits / requests:F2} exits to the VMM, {(double)loopCalls / requests:F2} system calls of the disk ({requests} requests)"));
        context.Figures.Add("system calls by thread: " + string.Join(", ", calls.Select(c => $"{c.Key} {c.Value}")));
        Check.True(requests is >= Requests and <= Requests + 20, $"{requests} requests of the guest for {Requests} reads");
        Check.True(trace.UserExits < requests / 20, $"exits to the VMM for {requests} requests: {trace}");
        vm.PowerOff();
    }

    private static long CountRequests(LabVm vm) => long.Parse(vm.Guest.Run("read a b </sys/block/vda/stat; echo $a"), CultureInfo.InvariantCulture);

    private static long CountExits(LabVm vm) => Directory.EnumerateDirectories("/sys/kernel/debug/kvm", $"{vm.Process.Id}-*")
        .Sum(d => long.Parse(File.ReadAllText(d + "/exits"), CultureInfo.InvariantCulture));
}
