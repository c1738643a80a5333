using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;

namespace Limber.LabTests;

/// <summary>A raw and a qcow2 disk come and go while programs of the guest read and write them.</summary>
internal static class DiskTimesScenarios
{
    private const int Rounds = 10;
    private const int DiskMebibytes = 16;
    private const int MiB = 1 << 20;

    public static Scenario[] All =>
    [
        new("disk-ten-times", TenTimes),
    ];

    // Each by REST on the root bus and by QMP behind a port, in turn. The first MiB is what has to be kept, the rest is for traffic.
    private static void TenTimes(LabContext context)
    {
        string raw = DiskFile.Make(context, "ten.img", DiskMebibytes);
        string qcow2 = Qcow2File.Make(context, "ten.qcow2", DiskMebibytes);
        BothVm vm = BothVm.Start(context, "virtio_pci,virtio_blk");

        // The errors of what is cut off are not to be among the answers on the console.
        vm.Guest.Run("echo 1 >/proc/sys/kernel/printk");
        vm.Watch(() =>
        {
            int descriptors = 0;
            (string Raw, string Qcow2) kept = ("", "");
            var clock = Stopwatch.StartNew();
            for (int round = 0; round < Rounds; round++)
            {
                bool rawByRest = round % 2 == 0;
                Add(vm, rawByRest, "raw", raw);
                Add(vm, !rawByRest, "qcow2", qcow2);
                kept = Use(vm, kept, round);
                Remove(vm, rawByRest, "raw");
                Remove(vm, !rawByRest, "qcow2");

                // What came too late has made a file where the disk was.
                vm.Guest.Run("for f in /dev/vd?; do [ -b $f ] || rm -f $f; done");
                Check.Equal(kept.Raw, SumOfFirst(raw), $"checksum of the raw image's first MiB on the host after round {round}");
                descriptors = round == 1 ? vm.Process.CountSettledDescriptors() : descriptors;
                if (round > 0)
                {
                    vm.ExpectNothingLeft("raw", descriptors);
                    Check.Equal(0, vm.Process.CountThreads("qcow2"), "threads of the qcow2 disk");
                }
            }

            context.Figures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{Rounds} times both added, used and removed under traffic: {clock.Elapsed.TotalSeconds / Rounds:F1} s each"));
            CheckQcow2(context, qcow2, kept.Qcow2);
        });
        vm.Vm.PowerOff();
    }

    private static void Add(BothVm vm, bool byRest, string format, string path)
    {
        if (byRest)
        {
            vm.AddByRest("disk", $$"""{"id":"{{format}}","path":"{{path}}","image_type":"{{format}}","serial":"{{format}}"}""");
            return;
        }

        vm.Qmp.Execute("blockdev-add", $$"""{"driver": "{{format}}", "node-name": "n", "file": {"driver": "file", "filename": "{{path}}"} }""");
        vm.Qmp.Execute("device_add", $$"""{"driver": "virtio-blk-pci", "id": "{{format}}", "drive": "n", "bus": "rp1", "serial": "{{format}}"}""");
    }

    private static void Remove(BothVm vm, bool byRest, string format)
    {
        if (byRest)
        {
            vm.RemoveByRest(format);
            return;
        }

        vm.RemoveByQmp(format);
        vm.Qmp.Execute("blockdev-del", """{"node-name": "n"}""");
    }

    // Both answer with what they have kept, get something new to keep, and are left with programs that write and read for ever.
    private static (string Raw, string Qcow2) Use(BothVm vm, (string Raw, string Qcow2) kept, int round)
    {
        vm.Guest.RunUntil("ls -d /dev/vd? 2>/dev/null | wc -l", "2", 30);
        string[] said = vm.Guest.Run(
            "for f in raw qcow2; do for d in vda vdb vdc vdd; do [ \"$(cat /sys/block/$d/serial 2>/dev/null)\" != $f ] || break; done; d=/dev/$d; "
            + "head -c 1048576 $d | sha256sum; dd if=/dev/urandom of=$d bs=1M count=1 conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; head -c 1048576 $d | sha256sum; "
            + "(while [ -b $d ] && dd if=/dev/zero of=$d bs=64k seek=16 count=64 conv=fsync 2>/dev/null; do :; done) & "
            + "(while [ -b $d ] && dd if=$d of=/dev/null bs=64k skip=128 count=64 2>/dev/null; do echo 1 >/proc/sys/vm/drop_caches; done) & done 2>/dev/null; usleep 200000").Split('\n');
        Check.Equal(4, said.Length, "checksums of " + string.Join(" / ", said));
        string[] sums = Array.ConvertAll(said, s => s.Split(' ')[0]);
        Check.True(round == 0 || (sums[0], sums[2]) == kept, $"the disks have kept {kept} until round {round}, and not {sums[0]}, {sums[2]}");
        return (sums[1], sums[3]);
    }

    private static string SumOfFirst(string path)
    {
        byte[] data = new byte[MiB];
        using FileStream file = File.OpenRead(path);
        file.ReadExactly(data);
        return Convert.ToHexStringLower(SHA256.HashData(data));
    }

    private static void CheckQcow2(LabContext context, string path, string sum)
    {
        const string qemuImg = "/usr/bin/qemu-img";
        if (File.Exists(qemuImg))
        {
            Shell.Run($"{qemuImg} check -q {path} && {qemuImg} convert -O raw {path} {context["read.img"]}");
            Check.Equal(sum, SumOfFirst(context["read.img"]), "checksum of the qcow2 image's first MiB, as qemu-img reads it");
        }
    }
}
