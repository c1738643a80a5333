using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Directories of the host in the guest, served by QEMU's virtiofsd.</summary>
internal static class FsScenarios
{
    private const string Modules = "virtio_pci,virtiofs";
    private const int Length = 1 << 20;
    private const int Files = 40;

    public static Scenario[] All =>
    [
        new("fs-rest", ByRest),
    ];

    private static void ByRest(LabContext context)
    {
        RestVm vm = RestVm.Start(context, Modules);
        string directory = Directory.CreateDirectory(context["shared"]).FullName;
        vm.Guest.Run("mkdir -p /mnt");
        vm.Watch(() =>
        {
            int descriptors = 0;
            for (int round = 0; round < 3; round++)
            {
                Share(context, vm, directory, round);
                descriptors = round == 0 ? vm.Process.CountDescriptors() : descriptors;
                vm.ExpectNothingLeft("fs", descriptors);
            }

            Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        });
        vm.PowerOff();
    }

    private static void Share(LabContext context, RestVm vm, string directory, int round)
    {
        string socket = context[$"fs{round}.sock"];
        VmmProcess server = StartServer(context, socket, directory);
        vm.Add("fs", $$"""{"id":"fs","tag":"share","socket":"{{socket}}"}""");
        vm.Guest.RunUntil("mount -t virtiofs share /mnt 2>/dev/null; grep -c virtiofs /proc/mounts", "1", 30);
        byte[] bytes = RandomNumberGenerator.GetBytes(Length);
        File.WriteAllBytes(Path.Combine(directory, "host"), bytes);
        Check.Equal(Sum(bytes), vm.Guest.Run("sha256sum </mnt/host | cut -d' ' -f1"), "the host's file in the guest");
        vm.Guest.Run($"dd if=/dev/urandom of=/mnt/guest bs=64k count={Length >> 16} conv=fsync 2>/dev/null");
        Check.Equal(
            vm.Guest.Run("echo 3 >/proc/sys/vm/drop_caches; sha256sum </mnt/guest | cut -d' ' -f1"),
            Sum(File.ReadAllBytes(Path.Combine(directory, "guest"))),
            "the guest's file on the host");
        vm.Guest.Run($"mkdir /mnt/d; for i in $(seq {Files}); do echo $i >/mnt/d/$i; done; mv /mnt/d/1 /mnt/d/one; rm /mnt/d/2");
        string[] names = [.. Directory.EnumerateFiles(Path.Combine(directory, "d")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Check.Equal((Files - 1, "one"), (names.Length, names[^1]), "the guest's files on the host");
        vm.Guest.Run("rm -r /mnt/d; umount /mnt");
        vm.Remove("fs");
        _ = server.WaitForExit(10);
    }

    // It serves one connection and ends with it.
    private static VmmProcess StartServer(LabContext context, string socket, string directory)
    {
        string files = Path.Combine(context.Guest, "host");
        if (!File.Exists(Path.Combine(files, "virtiofsd")))
        {
            throw new SkipException("the guest's files have no virtiofsd");
        }

        VmmProcess server = context.Own(new VmmProcess(
            Path.Combine(files, "ld-linux-x86-64.so.2"),
            ["--library-path", files, Path.Combine(files, "virtiofsd"), "--socket-path=" + socket, "-o", "source=" + directory, "-o", "sandbox=chroot"]));
        Deadline deadline = Deadline.In(20);
        while (!File.Exists(socket))
        {
            Check.True(!deadline.HasPassed && !server.HasExited, "virtiofsd does not listen: " + server.Error.All);
            System.Threading.Thread.Sleep(20);
        }

        return server;
    }

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
