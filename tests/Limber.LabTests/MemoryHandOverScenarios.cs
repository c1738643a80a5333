using System;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using Limber.LabTests.Vfio;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>
/// Memory comes and goes while somebody else than the VMM moves data in it: a function of the host by its own DMA, a back end in a
/// process of its own. Linux takes pages for files and programs from movable memory first, which is the DIMM alone.
/// </summary>
internal static class MemoryHandOverScenarios
{
    private const int DimmMiB = 256;
    private const int FileMiB = 16;
    private const int Rounds = 3;

    public static Scenario[] All =>
    [
        new("memory-under-fs", UnderFileSystem),
        new("vfio-guest-memory", UnderFunction),
    ];

    private static void UnderFileSystem(LabContext context)
    {
        BothVm vm = BothVm.Start(
            context,
            "virtio_pci,virtiofs",
            extra: ["-m", "slots=4,maxmem=4G", "-object", "memory-backend-memfd,id=ram0,size=512M,share=on", "-numa", "node,memdev=ram0"]);
        string directory = Directory.CreateDirectory(context["shared"]).FullName;
        byte[] bytes = RandomNumberGenerator.GetBytes(FileMiB << 20);
        File.WriteAllBytes(Path.Combine(directory, "host"), bytes);
        string sum = Convert.ToHexStringLower(SHA256.HashData(bytes));
        vm.Guest.Run("mkdir -p /mnt");
        vm.Watch(() =>
        {
            VmmProcess server = FsScenarios.StartServer(context, context["fs.sock"], directory);
            vm.AddByRest("fs", $$"""{"id":"fs","tag":"share","socket":"{{context["fs.sock"]}}"}""");
            vm.Guest.RunUntil("mount -t virtiofs share /mnt 2>/dev/null; grep -c virtiofs /proc/mounts", "1", 30);

            // What the other process can't map is not plugged.
            vm.Qmp.Execute("object-add", $$"""{"qom-type": "memory-backend-ram", "id": "own", "size": {{DimmMiB * MiB}}}""");
            string refusal = vm.Qmp.ExecuteFailing("device_add", """{"driver": "pc-dimm", "id": "bad", "memdev": "own"}""");
            Check.True(refusal.Contains("shared", StringComparison.Ordinal), refusal);
            vm.Qmp.Execute("object-del", """{"id": "own"}""");

            PlayRounds(vm.Vm, "memory-backend-memfd", "share", ReadAndWrite);
            vm.Guest.Run("umount /mnt");
            vm.RemoveByRest("fs");
            _ = server.WaitForExit(10);

            void ReadAndWrite()
            {
                Check.Equal(sum, vm.Guest.Run("echo 3 >/proc/sys/vm/drop_caches; sha256sum </mnt/host | cut -d' ' -f1"), "the host's file in the guest");
                vm.Guest.Run("dd if=/mnt/host of=/mnt/guest bs=1M conv=fsync 2>/dev/null");
                Check.Equal(
                    sum, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(directory, "guest")))), "the guest's file on the host");
            }
        });
        vm.Vm.PowerOff();
    }

    // The IOMMU lets the function reach what is mapped and nothing else: a page that was not would be an I/O error.
    private static void UnderFunction(LabContext context)
    {
        string path = VfioHostDevice.Bind("1b36", "0010");
        string api = context["api"];
        LabVm vm = context.StartGuest(
            "2", extra: ["-initrd", context.FullInitramfs, "-m", "slots=4,maxmem=4G", "-x-limber", "api-socket=" + api]).Booted();
        var rest = new RestClient(api);
        GuestDiagnosis.Watch(vm.Process, vm.Guest, () => rest.Send("GET", "vm.operations").Body, () =>
        {
            (int status, string answer) = rest.Send("PUT", "vm.add-device", $$"""{"id":"n","path":"{{path}}"}""");
            Check.Equal(200, status, "vm.add-device: " + answer);
            vm.Guest.Run("while [ ! -b /dev/nvme0n1 ]; do usleep 10000; done");
            vm.Guest.Run($"dd if=/dev/urandom of=/dev/nvme0n1 bs=1M count={FileMiB - 1} oflag=direct 2>/dev/null");
            string sum = Sum(vm.Guest);
            long locked = LockedMiB(vm.Process);
            PlayRounds(vm, "memory-backend-ram", "prealloc", () =>
            {
                Check.Equal(sum, Sum(vm.Guest), "what the function read into new memory");
                vm.Guest.Run($"dd if=/dev/urandom of=/tmp/new bs=1M count={FileMiB - 1} 2>/dev/null; dd if=/tmp/new of=/dev/nvme0n1 bs=1M oflag=direct 2>/dev/null");
                sum = Sum(vm.Guest);
                Check.Equal(vm.Guest.Run("sha256sum </tmp/new | cut -d' ' -f1"), sum, "what the function wrote from new memory");
                Check.Equal(locked + DimmMiB, LockedMiB(vm.Process), "MiB that the function can reach, with the DIMM");
            });
            Check.Equal(locked, LockedMiB(vm.Process), "MiB that the function can reach, without the DIMM");
            Check.Equal(sum, Sum(vm.Guest), "what the function reads without the DIMM");
            (status, answer) = rest.Send("PUT", "vm.remove-device?wait=60", """{"id":"n"}""");
            Check.Equal(204, status, "vm.remove-device: " + answer);
            Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        });
        vm.PowerOff();
    }

    private static void PlayRounds(LabVm vm, string backend, string property, Action use)
    {
        OnlineNew(vm.Guest);
        long before = MemTotal(vm.Guest);
        for (int round = 0; round < Rounds; round++)
        {
            vm.Qmp.Execute(
                "object-add", $$"""{"qom-type": "{{backend}}", "id": "m-d", "size": {{DimmMiB * MiB}}, "{{property}}": true}""");
            vm.Qmp.Execute("device_add", """{"driver": "pc-dimm", "id": "d", "memdev": "m-d"}""");
            vm.WaitOst(source: 1, status: 0);
            ExpectMore(vm.Guest, before, DimmMiB);
            long free = MovableFree(vm.Guest);
            use();
            long taken = free - MovableFree(vm.Guest);
            Check.True(taken >= FileMiB / 2, $"{taken} MiB of the DIMM were used for {FileMiB}");
            vm.Guest.Run("rm -f /tmp/new");
            Unplug(vm, "d");
            ExpectMore(vm.Guest, before, 0);
        }
    }

    private static string Sum(GuestConsole guest) => guest.Run(
        $"echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/nvme0n1 bs=1M count={FileMiB - 1} 2>/dev/null | sha256sum | cut -d' ' -f1");

    private static long MovableFree(GuestConsole guest) => long.Parse(
        guest.Run("sed -n '/zone *Movable/,/nr_free_pages/s/.*nr_free_pages *//p' /proc/zoneinfo | head -n 1"), CultureInfo.InvariantCulture) / 256;

    private static long LockedMiB(VmmProcess process)
    {
        foreach (string line in File.ReadLines($"/proc/{process.Id}/status"))
        {
            if (line.StartsWith("VmLck:", StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan("VmLck:".Length, line.Length - "VmLck: kB".Length).Trim(), CultureInfo.InvariantCulture) / 1024;
            }
        }

        return 0;
    }
}
