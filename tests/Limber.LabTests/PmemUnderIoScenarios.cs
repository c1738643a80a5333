using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Persistent memory that is taken away while a file system on it is mounted with dax and in use.</summary>
internal static class PmemUnderIoScenarios
{
    private const string Modules = "virtio_pci,virtio_pmem,nd_pmem";
    private const string Tools = "PATH=$PATH:/usr/sbin:/sbin; ";
    private const int FewRounds = 4;
    private const int Mebibytes = 16;

    // The runtime's own heap comes and goes as it likes.
    private const int MappingTolerance = 16;

    public static Scenario[] All =>
    [
        new("pmem-under-io", UnderIo),
    ];

    // By REST and by QMP in turn, each fourth time behind a port: ten times on demand.
    private static void UnderIo(LabContext context)
    {
        string file = MakeFileSystem(context);
        BothVm vm = BothVm.Start(context, Modules);

        // What the kernel says of the file system that has lost its disk is not to be among the answers on the console.
        vm.Guest.Run("mkdir -p /mnt /mnt2; echo 1 >/proc/sys/kernel/printk; h=");
        vm.Watch(() =>
        {
            int rounds = context.Steps ?? FewRounds;
            int descriptors = 0;
            int mappings = 0;
            (int Length, string Sum) kept = default;
            var clock = Stopwatch.StartNew();
            for (int round = 0; round < rounds; round++)
            {
                kept = Round(context, vm, file, round, kept);
                descriptors = round < 2 ? vm.Process.CountSettledDescriptors() : descriptors;
                mappings = round < 2 ? CountMappings(vm) : mappings;
                vm.ExpectNothingLeft("p", descriptors);
                Check.True(CountMappings(vm) <= mappings + MappingTolerance, $"{CountMappings(vm)} mappings of the machine, after {mappings}");
                Check.True(!ReadMaps(vm).Contains(file, StringComparison.Ordinal), "the file is mapped no more");
            }

            context.Figures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{rounds} times added, mounted with dax, and removed while in use: {clock.Elapsed.TotalSeconds / rounds:F1} s each"));
            RemoveUnderProgram(context, vm, file);
        });
        vm.Vm.PowerOff();
    }

    private static (int Length, string Sum) Round(LabContext context, BothVm vm, string file, int round, (int Length, string Sum) kept)
    {
        bool byRest = round % 2 == 0;
        Add(vm, file, byRest, behindPort: round % 4 == 3);
        Mount(vm.Guest, "/mnt");
        if (round > 0)
        {
            Check.Equal(kept.Sum, vm.Guest.Run($"head -c {kept.Length} /mnt/{FsTraffic.Log} | sha256sum | cut -d' ' -f1"), "what was acknowledged in the round before");
        }

        vm.Guest.Run("head -c 1000000 /dev/urandom >/mnt/host");
        var traffic = new FsTraffic(vm.Guest, "/mnt");
        traffic.Start();
        Remove(vm, byRest);
        string said = traffic.ExpectEnded(w => w.StartsWith("dd: ", StringComparison.Ordinal) || w.StartsWith("cp: ", StringComparison.Ordinal));
        if (round == 0)
        {
            context.Figures.Add($"what the guest's writer was told: \"{said}\"");
        }

        // A process holds a file of it until the next one is in use.
        vm.Guest.Run("umount -l /mnt");
        kept = traffic.Kept();
        ExpectOnHost(context, file, kept);
        return kept;
    }

    // The pages of a program that runs from the mount are the file's, and nobody takes them from it. What it finds in their place is
    // an instruction that there is not: that ends it. Linux 6.1 must not be asked to unmount what was mapped: it looks for the
    // description of pages that are described no more, and stumbles. So the dead mount stays, and another one is beside it.
    private static void RemoveUnderProgram(LabContext context, BothVm vm, string file)
    {
        Add(vm, file, byRest: true, behindPort: false);
        Mount(vm.Guest, "/mnt");
        string sum = vm.Guest.Run("cp /bin/busybox /mnt/busybox; sync; sha256sum </mnt/busybox");
        vm.Guest.Run("/mnt/busybox sh -c ': >/tmp/runs; while :; do :; done' 2>/dev/null & x=$!; while [ ! -e /tmp/runs ]; do usleep 20000; done");
        Remove(vm, byRest: true);
        string status = vm.Guest.Run("wait $x 2>/dev/null; echo $?", 30);
        Check.True(status is "132" or "135" or "139", $"the program must end by SIGILL, SIGBUS or SIGSEGV, and ended with {status}");
        context.Figures.Add($"a program that ran from the mount ended with {status}");
        Check.Equal("running", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "the machine");
        Add(vm, file, byRest: false, behindPort: false);
        Mount(vm.Guest, "/mnt2");
        Check.Equal(sum, vm.Guest.Run("sha256sum </mnt2/busybox"), "the program's file by the next mount");
        vm.Guest.Run("umount /mnt2");
        Remove(vm, byRest: false);
        Check.Equal("", vm.Guest.Run("dmesg | grep -E 'BUG:|Oops|Call Trace'"), "the guest's kernel stumbled");
    }

    private static void Add(BothVm vm, string file, bool byRest, bool behindPort)
    {
        if (byRest)
        {
            vm.AddByRest("pmem", $$"""{"id":"p","file":"{{file}}"}""");
            return;
        }

        string bus = behindPort ? """, "bus": "rp1" """ : "";
        vm.Qmp.Execute("object-add", $$"""{"qom-type": "memory-backend-file", "id": "m", "mem-path": "{{file}}", "size": {{Mebibytes << 20}}, "share": true}""");
        vm.Qmp.Execute("device_add", $$"""{"driver": "virtio-pmem-pci", "id": "p", "memdev": "m"{{bus}}}""");
    }

    private static void Remove(BothVm vm, bool byRest)
    {
        if (byRest)
        {
            vm.RemoveByRest("p");
            return;
        }

        vm.RemoveByQmp("p");
        vm.Qmp.Execute("object-del", """{"id": "m"}""");
    }

    private static void Mount(GuestConsole guest, string directory)
    {
        guest.RunUntil("ls /dev/pmem* 2>/dev/null | wc -l", "1", 30);
        Check.Equal(
            "1", guest.Run($"mount -t ext4 -o dax /dev/pmem* {directory}; grep -c ' {directory} .*dax=always' /proc/mounts"), "mounts with dax");
    }

    private static string MakeFileSystem(LabContext context)
    {
        string file = DiskFile.Make(context, "pmem.img", Mebibytes);
        if (!File.Exists("/sbin/e2fsck") && !File.Exists("/usr/sbin/e2fsck"))
        {
            throw new SkipException("the host has no e2fsprogs");
        }

        Shell.Run($"{Tools} mkfs.ext4 -q -b 4096 {file} </dev/null");
        return file;
    }

    // Its journal is played, and the rest of it is in order (e2fsck: 0, or 1 for what it did about the journal); then the file is read.
    private static void ExpectOnHost(LabContext context, string file, (int Length, string Sum) kept)
    {
        string copy = context["copy.img"];
        string log = context["log"];
        Shell.Run($"{Tools} cp {file} {copy}; e2fsck -fy {copy} >{log} 2>&1; [ $? -le 1 ] || {{ cat {log}; exit 1; }}");
        Shell.Run($"{Tools} debugfs -R 'dump /{FsTraffic.Log} {log}' {copy} 2>/dev/null");
        byte[] data = File.ReadAllBytes(log);
        Check.True(data.Length >= kept.Length, $"{kept.Length} bytes were acknowledged, and the host's file has {data.Length}");
        Check.Equal(kept.Sum, Convert.ToHexStringLower(SHA256.HashData(data.AsSpan(0, kept.Length))), "checksum of what was acknowledged, in the host's file");
    }

    private static string ReadMaps(BothVm vm) => File.ReadAllText($"/proc/{vm.Process.Id}/maps");

    private static int CountMappings(BothVm vm) => ReadMaps(vm).Count(c => c == '\n');
}
