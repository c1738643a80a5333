using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>The file behind a DIMM is cut off while the guest uses it: the guest loses what was there, and nothing else happens.</summary>
internal static class MemoryCutScenarios
{
    private const int DimmMiB = 256;
    private const int FileMiB = 96;

    // Files in memory that are on the DIMM's node only, so that no program of the guest's own has pages there.
    private const string Mount = "mkdir -p /far; mount -t tmpfs -o mpol=bind:1,size=200M none /far";

    public static Scenario[] All => [new("memory-cut-off", CutOff)];

    private static void CutOff(LabContext context)
    {
        BothVm vm = BothVm.Start(
            context,
            "virtio_pci,virtio_blk",
            extra:
            [
                "-m", "slots=2,maxmem=2G",
                "-object", "memory-backend-ram,id=near,size=448M", "-object", "memory-backend-ram,id=far,size=64M",
                "-numa", "node,nodeid=0,memdev=near,cpus=0-1", "-numa", "node,nodeid=1,memdev=far",
            ]);
        vm.Watch(() =>
        {
            OnlineNew(vm.Guest);
            long before = MemTotal(vm.Guest);
            int descriptors = 0;
            foreach (bool shared in (bool[])[true, false])
            {
                string file = context[shared ? "shared.mem" : "private.mem"];
                Plug(vm, file, shared);
                ExpectMore(vm.Guest, before, DimmMiB);
                Lose(vm, file);
                Use(context, vm);
                vm.Guest.Run("umount /far");
                Unplug(vm.Vm, "d");
                ExpectMore(vm.Guest, before, 0);
                descriptors = shared ? vm.Process.CountSettledDescriptors() : descriptors;
            }

            Check.Equal(descriptors, vm.Process.CountSettledDescriptors(), "descriptors of the machine");
            Check.Equal("running", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "the machine");
        });
        vm.Vm.PowerOff();
    }

    private static void Plug(BothVm vm, string file, bool shared)
    {
        vm.Qmp.Execute(
            "object-add",
            $$"""{"qom-type": "memory-backend-file", "id": "m-d", "size": {{DimmMiB * MiB}}, "mem-path": "{{file}}", "share": {{(shared ? "true" : "false")}}}""");
        vm.Qmp.Execute("device_add", """{"driver": "pc-dimm", "id": "d", "memdev": "m-d", "node": 1}""");
        vm.Vm.WaitOst(source: 1, status: 0);
    }

    // Cut off twice while the guest goes on writing there, the second time to nothing.
    private static void Lose(BothVm vm, string file)
    {
        vm.Guest.Run($"{Mount}; dd if=/dev/urandom of=/far/kept bs=1M count={FileMiB} 2>/dev/null");
        Check.Equal($"{FileMiB * MiB}", vm.Guest.Run("wc -c </far/kept"), "bytes of the file on the DIMM");
        vm.Guest.Run("touch /run/busy; (while [ -e /run/busy ]; do dd if=/dev/zero of=/far/busy bs=64k count=256 2>/dev/null; done) & true");
        Cut(file, DimmMiB / 2 * MiB);
        WaitLoss(vm, DimmMiB / 2 * MiB);
        Cut(file, 0);
        WaitLoss(vm, 0);
        vm.Guest.Run("rm /run/busy");
        Check.Equal("0", vm.Guest.Run("tr -d '\\0' </far/kept | wc -c"), "bytes of the file that are not zero");
        Check.Equal(DimmMiB * MiB, Devices(vm.Qmp, "dimm").Single().GetProperty("size").GetInt64(), "the DIMM's size");
    }

    private static void WaitLoss(BothVm vm, long left)
    {
        JsonElement loss = vm.Qmp.WaitEvent("MEMORY_FAILURE", 30).GetProperty("data");
        Check.Equal(("guest", "ignore"), (loss.GetProperty("recipient").GetString(), loss.GetProperty("action").GetString()), "MEMORY_FAILURE");
        JsonElement failure = vm.WaitFailure("X_LIMBER_DEVICE_FAILED", "d");
        Check.True(
            failure.GetProperty("reason").GetString()!.Contains($"was cut off: {left} bytes of it are left", StringComparison.Ordinal), failure.GetRawText());
    }

    // What took the place of the lost pages is memory like any other, for programs and for devices.
    private static void Use(LabContext context, BothVm vm)
    {
        string disk = DiskFile.Make(context, "disk.img", 16);
        vm.AddByRest("disk", $$"""{"id":"k","path":"{{disk}}","image_type":"raw"}""");
        vm.Guest.RunUntil("[ -b /dev/vda ] && echo there", "there", 30);
        vm.Guest.Run("rm -f /far/*; dd if=/dev/urandom of=/far/new bs=1M count=16 2>/dev/null; dd if=/far/new of=/dev/vda bs=1M conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches");
        Check.Equal("0", vm.Guest.Run("cmp /far/new /dev/vda >/dev/null; echo $?"), "a file on the DIMM and its copy on a disk differ");
        vm.RemoveByRest("k");
        File.Delete(disk);
    }

    private static void Cut(string path, long length)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }
}
