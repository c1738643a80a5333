using System;
using System.IO;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>The host takes away what is behind a device: the guest gets an error, the user an event, and the machine lives.</summary>
internal static class LostBackendScenarios
{
    private const string Modules = "virtio_pci,virtio_blk,virtio_pmem,nd_pmem,virtio_net";
    private const int MiB = 1 << 20;

    public static Scenario[] All =>
    [
        new("files-cut-off", FilesCutOff),
    ];

    private static void FilesCutOff(LabContext context)
    {
        BothVm vm = BothVm.Start(context, Modules);

        // The errors that the guest's kernel is to see are not to be among the answers on its console.
        vm.Guest.Run("echo 1 >/proc/sys/kernel/printk");
        vm.Watch(() =>
        {
            CutPmem(context, vm);
            CutDisk(context, vm);
            FillDisk(context, vm);
            ForgetNetdev(vm);
            Check.Equal("running", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "the machine");
        });
        vm.Vm.PowerOff();
    }

    // The last of two pages of 2 MiB goes: its contents are zeros then, and nothing can be flushed any more.
    private static void CutPmem(LabContext context, BothVm vm)
    {
        string file = Fill(context["pmem.img"], 4 * MiB);
        vm.AddByRest("pmem", $$"""{"id":"p","file":"{{file}}"}""");
        vm.Guest.RunUntil("[ -b /dev/pmem0 ] && echo there", "there", 30);
        const string read = "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/pmem0 bs=4k skip=800 count=64 2>/dev/null | tr -d '\\0' | wc -c";
        Check.Equal("262144", vm.Guest.Run(read), "bytes of persistent memory that are not zero");
        Cut(file, 2 * MiB);
        Check.Equal("0", vm.Guest.Run(read), "bytes that are not zero where the file was cut off");
        JsonElement failure = vm.WaitFailure("X_LIMBER_DEVICE_FAILED", "p");
        Check.True(failure.GetProperty("reason").GetString()!.Contains("was cut off", StringComparison.Ordinal), $"reason of {failure.GetRawText()}");
        Check.Equal("1", vm.Guest.Run("dd if=/dev/zero of=/dev/pmem0 bs=4k count=1 conv=fsync 2>/dev/null; echo $?"), "status of a write with fsync");
        vm.RemoveByRest("p");
    }

    private static void CutDisk(LabContext context, BothVm vm)
    {
        string file = Fill(context["cut.img"], 4 * MiB);
        vm.AddByRest("disk", $$"""{"id":"cut","path":"{{file}}","image_type":"raw"}""");
        vm.Guest.RunUntil("[ -b /dev/vda ] && echo there", "there", 30);
        Cut(file, 2 * MiB);
        Check.Equal("0", vm.Guest.Run("dd if=/dev/vda of=/dev/null bs=4k skip=256 count=1 2>/dev/null; echo $?"), "status of a read of what is left");
        Check.Equal("1", vm.Guest.Run("dd if=/dev/vda of=/dev/null bs=4k skip=700 count=1 2>/dev/null; echo $?"), "status of a read of what is gone");
        JsonElement failure = vm.WaitFailure("BLOCK_IO_ERROR", "cut");
        Check.Equal(("read", false), (failure.GetProperty("operation").GetString(), failure.GetProperty("nospace").GetBoolean()), "what failed");
        vm.RemoveByRest("cut");
    }

    // A sparse image in a file system that is smaller.
    private static void FillDisk(LabContext context, BothVm vm)
    {
        string directory = Directory.CreateDirectory(context["small"]).FullName;
        Shell.Run($"busybox mount -t tmpfs -o size=256k none {directory} 2>/dev/null || mount -t tmpfs -o size=256k none {directory}");
        try
        {
            string file = Path.Combine(directory, "sparse.img");
            using (FileStream stream = File.Create(file))
            {
                stream.SetLength(4 * MiB);
            }

            vm.AddByRest("disk", $$"""{"id":"full","path":"{{file}}","image_type":"raw"}""");
            vm.Guest.RunUntil("[ -b /dev/vda ] && echo there", "there", 30);
            Check.Equal("1", vm.Guest.Run("dd if=/dev/urandom of=/dev/vda bs=64k count=16 conv=fsync 2>/dev/null; echo $?"), "status of a write without room");
            JsonElement failure = vm.WaitFailure("BLOCK_IO_ERROR", "full");
            Check.Equal(("write", true), (failure.GetProperty("operation").GetString(), failure.GetProperty("nospace").GetBoolean()), "what failed");
            Check.Equal("0", vm.Guest.Run("dd if=/dev/urandom of=/dev/vda bs=4k count=1 conv=fsync 2>/dev/null; echo $?"), "status of a write where there is room");
            vm.RemoveByRest("full");
        }
        finally
        {
            Shell.Run($"busybox umount -l {directory} 2>/dev/null || umount -l {directory}");
        }
    }

    // As in QEMU: the back end may go while a card uses it, which pulls the cable.
    private static void ForgetNetdev(BothVm vm)
    {
        vm.Qmp.Execute("netdev_add", """{"type": "tap", "id": "nd", "ifname": "labtap3", "script": "no", "downscript": "no"}""");
        vm.Qmp.Execute("device_add", """{"driver": "virtio-net-pci", "id": "nic", "netdev": "nd", "bus": "rp1"}""");
        vm.Guest.RunUntil("ifconfig eth0 up 2>/dev/null && cat /sys/class/net/eth0/carrier", "1", 30);
        vm.Qmp.Execute("netdev_del", """{"id": "nd"}""");
        vm.Guest.RunUntil("cat /sys/class/net/eth0/carrier", "0", 10);
        Check.Equal("DeviceNotFound: Device 'nd' not found", vm.Qmp.ExecuteFailing("netdev_del", """{"id": "nd"}"""), "a second netdev_del");
        vm.RemoveByQmp("nic");
        Check.True(!Directory.Exists("/sys/class/net/labtap3"), "the tap interface is gone with the card");
    }

    private static string Fill(string path, int length)
    {
        byte[] data = new byte[length];
        data.AsSpan().Fill(0x5A);
        File.WriteAllBytes(path, data);
        return path;
    }

    private static void Cut(string path, int length)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }
}
