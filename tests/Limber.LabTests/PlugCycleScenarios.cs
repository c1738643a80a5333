using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Limber.LabTests;

/// <summary>
/// Devices of every kind come and go, in turn by REST on the root bus and by QMP behind a port; what the host has after it is what it
/// had before. A few in <c>./test</c>, as many as <c>--steps</c> says on demand.
/// </summary>
internal static class PlugCycleScenarios
{
    private const string Modules = "virtio_pci,virtio_blk,virtio_net,virtio-rng,virtio_console,vmw_vsock_virtio_transport,virtio_pmem,nd_pmem";
    private const string Tap = "labtap4";
    private const int PmemSize = 2 << 20;

    // Each kind once by each way, so that everything the process and the guest make only once is there.
    private const int WarmUp = 12;
    private const int FewCycles = 12;

    // The runtime's own heap, and its pool's threads, come and go as it likes.
    private const int MappingTolerance = 16;
    private const int ThreadTolerance = 2;
    private const int ResidentTolerance = 8 << 10;

    public static Scenario[] All =>
    [
        new("plug-cycles", Play),
    ];

    private static void Play(LabContext context)
    {
        var files = new Files(DiskFile.Make(context, "disk.img", 1), DiskFile.Make(context, "pmem.img", 2), context["v.sock"]);

        // The guest's memory is a file's, so that what is anonymous is the process' own.
        BothVm vm = BothVm.Start(
            context, Modules, extra:
            ["-device", "virtio-serial-pci,id=serial0", "-object", "memory-backend-memfd,id=ram0,size=512M,share=on", "-numa", "node,memdev=ram0"]);
        vm.Watch(() =>
        {
            long operation = vm.LastOperation();
            string before = GuestDevices(vm);
            for (int i = 0; i < WarmUp; i++)
            {
                Cycle(vm, files, i, ref operation);
            }

            int cycles = context.Steps ?? FewCycles;
            Holdings first = Holdings.Of(vm);
            var clock = Stopwatch.StartNew();
            for (int i = 0; i < cycles; i++)
            {
                Cycle(vm, files, i, ref operation);
            }

            double seconds = clock.Elapsed.TotalSeconds;
            Holdings last = Holdings.Of(vm);
            context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"{cycles} cycles, {seconds / cycles:F2} s each"));
            context.Figures.Add($"before: {first}");
            context.Figures.Add($"after:  {last}");
            Check.True(last.Descriptors <= first.Descriptors, $"{last.Descriptors} descriptors, after {first.Descriptors} before");
            Check.True(last.Threads <= first.Threads + ThreadTolerance, $"{last.Threads} threads, after {first.Threads} before");
            Check.True(last.Mappings <= first.Mappings + MappingTolerance, $"{last.Mappings} mappings, after {first.Mappings} before");
            Check.True(last.ResidentKilobytes <= first.ResidentKilobytes + ResidentTolerance, $"{last.ResidentKilobytes} KiB in memory, after {first.ResidentKilobytes} before");
            ExpectNothing(vm, files);
            Check.Equal(before, GuestDevices(vm), "the guest's devices");
            Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        });
        vm.Vm.PowerOff();
    }

    private static void Cycle(BothVm vm, Files files, int number, ref long operation)
    {
        bool byRest = number / 6 % 2 == 0;
        switch (number % 6)
        {
            case 0 when byRest: ByRest(vm, "disk", $$"""{"id":"x","path":"{{files.Disk}}","image_type":"raw"}""", ref operation); break;
            case 1 when byRest: ByRest(vm, "net", $$"""{"id":"x","tap":"{{Tap}}"}""", ref operation); break;
            case 2 when byRest: ByRest(vm, "vsock", $$"""{"id":"x","cid":3,"socket":"{{files.Socket}}"}""", ref operation); break;
            case 3 when byRest: ByRest(vm, "pmem", $$"""{"id":"x","file":"{{files.Pmem}}"}""", ref operation); break;
            case 0:
                vm.Qmp.Execute("blockdev-add", $$"""{"driver": "raw", "node-name": "n", "file": {"driver": "file", "filename": "{{files.Disk}}"} }""");
                ByQmp(vm, """{"driver": "virtio-blk-pci", "id": "x", "drive": "n", "bus": "rp1"}""", ref operation);
                vm.Qmp.Execute("blockdev-del", """{"node-name": "n"}""");
                break;
            case 1:
                vm.Qmp.Execute("netdev_add", $$"""{"type": "tap", "id": "n", "ifname": "{{Tap}}", "script": "no", "downscript": "no"}""");
                ByQmp(vm, """{"driver": "virtio-net-pci", "id": "x", "netdev": "n", "bus": "rp1"}""", ref operation);
                vm.Qmp.Execute("netdev_del", """{"id": "n"}""");
                break;
            case 2:
                ByQmp(vm, $$"""{"driver": "virtio-vsock-pci", "id": "x", "guest-cid": 3, "socket": "{{files.Socket}}", "bus": "rp1"}""", ref operation);
                break;
            case 3:
                vm.Qmp.Execute("object-add", $$"""{"qom-type": "memory-backend-file", "id": "m", "mem-path": "{{files.Pmem}}", "size": {{PmemSize}}, "share": true}""");
                ByQmp(vm, """{"driver": "virtio-pmem-pci", "id": "x", "memdev": "m", "bus": "rp1"}""", ref operation);
                vm.Qmp.Execute("object-del", """{"id": "m"}""");
                break;
            case 4:
                ByQmp(vm, """{"driver": "virtio-rng-pci", "id": "x", "bus": "rp1"}""", ref operation);
                break;
            default:
                // A port is told to the guest and not asked for, so there is no operation.
                vm.Qmp.Execute("chardev-add", """{"id": "c", "backend": {"type": "null", "data": {} } }""");
                vm.Qmp.Execute("device_add", """{"driver": "virtserialport", "id": "x", "bus": "serial0.0", "chardev": "c", "name": "cycle"}""");
                vm.RemoveByQmp("x");
                vm.Qmp.Execute("chardev-remove", """{"id": "c"}""");
                break;
        }
    }

    private static void ByRest(BothVm vm, string kind, string body, ref long operation)
    {
        vm.AddByRest(kind, body);
        vm.WaitCompleted(++operation);
        vm.RemoveByRest("x");
        operation++;
    }

    private static void ByQmp(BothVm vm, string arguments, ref long operation)
    {
        vm.Qmp.Execute("device_add", arguments);
        vm.WaitCompleted(++operation);
        vm.RemoveByQmp("x");
        operation++;
    }

    private static void ExpectNothing(BothVm vm, Files files)
    {
        Check.Equal(0, vm.Process.CountThreads("x"), "threads of a device");
        Check.True(!Directory.Exists("/sys/class/net/" + Tap), "the tap interface is gone");
        Check.True(!File.Exists(files.Socket), "the socket is gone");
        Check.True(!File.ReadAllText("/proc/net/unix").Contains(files.Socket, StringComparison.Ordinal), "nobody listens at the socket");
        string maps = File.ReadAllText($"/proc/{vm.Process.Id}/maps");
        Check.True(!maps.Contains(files.Pmem, StringComparison.Ordinal), "the file of the persistent memory is not mapped");
    }

    private static string GuestDevices(BothVm vm) => vm.Guest.Run("ls /sys/bus/pci/devices /sys/class/net /sys/class/virtio-ports /dev | xargs");

    private sealed record Files(string Disk, string Pmem, string Socket);

    /// <summary>What a machine has of the host.</summary>
    private sealed record Holdings(int Descriptors, int Threads, int Mappings, int ResidentKilobytes)
    {
        public static Holdings Of(BothVm vm) => new(
            vm.Process.CountSettledDescriptors(),
            vm.Process.CountThreads(""),
            File.ReadLines($"/proc/{vm.Process.Id}/maps").Count(),
            int.Parse(
                string.Concat(File.ReadLines($"/proc/{vm.Process.Id}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)).Where(char.IsAsciiDigit)),
                CultureInfo.InvariantCulture));

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{Descriptors} descriptors, {Threads} threads, {Mappings} mappings, {ResidentKilobytes} KiB anonymous");
    }
}
