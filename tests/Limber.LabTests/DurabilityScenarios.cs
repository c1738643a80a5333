using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>What a guest was told is on its disk is there, whatever happens to the VMM.</summary>
internal static partial class DurabilityScenarios
{
    private const string Modules = "limber.mods=virtio_pci,virtio_blk";
    private const int DiskMebibytes = 512;
    private const int Sector = 512;
    private const string QemuImg = "/usr/bin/qemu-img";

    // 80 KiB: each record begins another cluster, so that the image's tables change with every one.
    private const int Stride = 160;
    private const int FirstRecords = 3;
    private const int LongestMilliseconds = 2500;
    private const int Kills = 4;

    public static Scenario[] All =>
    [
        new("kill-after-fsync", KillAfterFsync),
    ];

    // The guest writes numbered records to a raw and to a qcow2 disk, each with fsync, and then says the number. The VMM is killed at
    // any moment; every number that was said must be on both. Then another machine goes on, on the same disks. --steps is how often.
    private static void KillAfterFsync(LabContext context)
    {
        string raw = DiskFile.Make(context, "disk.img", DiskMebibytes);
        string qcow2 = Qcow2File.Make(context, "disk.qcow2", DiskMebibytes);
        int seed = context.Seed ?? Random.Shared.Next();
        var random = new Random(seed);
        int kills = context.Steps ?? Kills;
        List<int> said = [0];
        for (int kill = 1; kill <= kills; kill++)
        {
            said.Add(WriteUntilKilled(context, raw, qcow2, said[^1], random.Next(LongestMilliseconds)));
            Check.Equal(Expected(said[^1]), SumOfRaw(raw, said[^1]), $"checksum of the {said[^1]} records in the raw image after kill {kill} (seed {seed})");
            CheckQcow2(context, qcow2, said[^1], kill);
        }

        context.Figures.Add($"killed {kills} times, after records {string.Join(", ", said[1..])} (seed {seed})");
        LabVm vm = Start(context, "-drive", $"file={qcow2},id=d0,if=none,format=qcow2", "-device", "virtio-blk-pci,drive=d0");
        string sum = vm.Guest.Run(
            $"i=1; while [ $i -le {said[^1]} ]; do dd if=/dev/vda bs={Sector} skip=$((i*{Stride})) count=1 2>/dev/null; i=$((i+1)); done | sha256sum | cut -d' ' -f1");
        Check.Equal(Expected(said[^1]), sum, $"checksum of the {said[^1]} records in the qcow2 image");
        vm.PowerOff();
    }

    private static int WriteUntilKilled(LabContext context, string raw, string qcow2, int before, int milliseconds)
    {
        LabVm vm = Start(
            context,
            "-drive", $"file={raw},id=d0,if=none,format=raw", "-device", "virtio-blk-pci,drive=d0",
            "-drive", $"file={qcow2},id=d1,if=none,format=qcow2", "-device", "virtio-blk-pci,drive=d1");
        int from = vm.Guest.Output.Position;
        string write = $"bs={Sector} seek=$((i*{Stride})) conv=fsync,notrunc 2>/dev/null";
        vm.Guest.Type($"i={before}; while :; do i=$((i+1)); printf '%0{Sector - 1}d\\n' $i >/tmp/r; dd if=/tmp/r of=/dev/vda {write} && dd if=/tmp/r of=/dev/vdb {write} && echo SAID-$i.; done");
        _ = vm.Guest.Output.WaitFor($"SAID-{before + FirstRecords}.", from, 60);
        Thread.Sleep(milliseconds);
        vm.Process.Dispose();
        MatchCollection records = Said().Matches(vm.Guest.Output.All, from);
        int last = int.Parse(records[^1].Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        Check.True(last < DiskMebibytes * 2048 / Stride, $"{last} records do not fit the disks");
        return last;
    }

    private static LabVm Start(LabContext context, params string[] disks) =>
        context.StartGuest("2", append: Modules, extra: ["-initrd", context.FullInitramfs, .. disks]).Booted();

    private static string Expected(int count)
    {
        var text = new StringBuilder();
        for (int i = 1; i <= count; i++)
        {
            text.Append(i.ToString(CultureInfo.InvariantCulture).PadLeft(Sector - 1, '0')).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())));
    }

    private static string SumOfRaw(string path, int count)
    {
        byte[] records = new byte[count * Sector];
        using FileStream file = File.OpenRead(path);
        for (int i = 1; i <= count; i++)
        {
            file.Position = (long)i * Stride * Sector;
            file.ReadExactly(records, (i - 1) * Sector, Sector);
        }

        return Convert.ToHexStringLower(SHA256.HashData(records));
    }

    // By QEMU's program, where it is: leaked clusters are allowed after a kill (status 3), errors are not; and what it reads is what was said.
    private static void CheckQcow2(LabContext context, string path, int count, int kill)
    {
        if (File.Exists(QemuImg))
        {
            Shell.Run($"s=0; {QemuImg} check -q {path} || s=$?; [ $s = 0 ] || [ $s = 3 ]");
            string read = context["read.img"];
            Shell.Run($"{QemuImg} convert -O raw {path} {read}");
            Check.Equal(Expected(count), SumOfRaw(read, count), $"checksum of the {count} records that qemu-img reads after kill {kill}");
            File.Delete(read);
        }
    }

    [GeneratedRegex(@"SAID-([0-9]+)\.")]
    private static partial Regex Said();
}
