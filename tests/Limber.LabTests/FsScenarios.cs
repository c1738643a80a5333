using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Directories of the host in the guest, served by QEMU's virtiofsd.</summary>
internal static class FsScenarios
{
    private const string Modules = "virtio_pci,virtiofs";
    private const int Length = 1 << 20;
    private const int Files = 40;
    private const int FewRounds = 4;
    private const int FirstStuckRound = 2;

    public static Scenario[] All =>
    [
        new("fs-under-io", UnderIo),
        new("fs-server-dies", ServerDies),
    ];

    // By REST on the root bus and by QMP behind a port, in turn, each time while programs of the guest use the share: ten times on demand.
    private static void UnderIo(LabContext context)
    {
        BothVm vm = BothVm.Start(
            context, Modules, extra: ["-object", "memory-backend-memfd,id=ram0,size=512M,share=on", "-numa", "node,memdev=ram0"]);
        string directory = Directory.CreateDirectory(context["shared"]).FullName;

        // What the kernel says of the share that is gone is not to be among the answers on the console.
        vm.Guest.Run("mkdir -p /mnt; echo 1 >/proc/sys/kernel/printk");
        int rounds = context.Steps ?? FewRounds;
        vm.Watch(() =>
        {
            int descriptors = 0;
            long kept = 0;
            var clock = Stopwatch.StartNew();
            for (int round = 0; round < rounds; round++)
            {
                kept += Share(context, vm, directory, round);
                descriptors = round < 2 ? vm.Process.CountSettledDescriptors() : descriptors;
                vm.ExpectNothingLeft("fs", descriptors);
            }

            context.Figures.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{rounds} times added, used, and removed while mounted and in use: {clock.Elapsed.TotalSeconds / rounds:F1} s each, {kept / 1024} KiB acknowledged and found"));

            // Only that the share did not take any more requests (ENOTCONN); that RCU was kept waiting says that the host was busy.
            Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>' | grep -v -e 'virtio_fs_enqueue_req() failed -107' -e rcu"), "errors in the guest's kernel log");
        });
        vm.Vm.PowerOff();
    }

    private static int Share(LabContext context, BothVm vm, string directory, int round)
    {
        string socket = context[$"fs{round}.sock"];
        VmmProcess server = StartServer(context, socket, directory);
        bool byRest = round % 2 == 0;
        if (byRest)
        {
            vm.AddByRest("fs", $$"""{"id":"fs","tag":"share","socket":"{{socket}}"}""");
        }
        else
        {
            vm.Qmp.Execute("chardev-add", $$"""{"id": "c", "backend": {"type": "socket", "data": {"addr": {"type": "unix", "data": {"path": "{{socket}}"} }, "server": false} } }""");
            vm.Qmp.Execute("device_add", """{"driver": "vhost-user-fs-pci", "id": "fs", "chardev": "c", "tag": "share", "bus": "rp1"}""");
        }

        vm.Guest.RunUntil("mount -t virtiofs share /mnt 2>/dev/null; grep -c virtiofs /proc/mounts", "1", 30);
        UseFiles(vm, directory);
        var traffic = new FsTraffic(vm.Guest, "/mnt");
        traffic.Start();
        bool isStuck = round is FirstStuckRound or FirstStuckRound + 1;
        if (isStuck)
        {
            RemoveBehindStuckServer(vm, server, byRest, kill: !byRest);
        }
        else
        {
            (byRest ? (Action<string>)vm.RemoveByRest : vm.RemoveByQmp)("fs");
        }

        if (!byRest)
        {
            vm.Qmp.Execute("chardev-remove", """{"id": "c"}""");
        }

        string said = traffic.ExpectEnded(w => w.Contains("not connected", StringComparison.Ordinal));
        int status = server.WaitForExit(10);
        if (round == 0)
        {
            context.Figures.Add($"what the guest's programs were told: \"{said}\"; virtiofsd ended with {status} as the device went");
        }

        int kept = traffic.ExpectKept(Path.Combine(directory, FsTraffic.Log));

        // A process holds a file of it until the next is in use; meanwhile its tag can be used again.
        vm.Guest.Run("umount -l /mnt");
        return kept;
    }

    private static void UseFiles(BothVm vm, string directory)
    {
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
        vm.Guest.Run("rm -r /mnt/d");
    }

    // Linux' driver waits for the answers to all requests that are under way. Those of a server that stands still come when it goes on;
    // those of one that dies are the machine's.
    private static void RemoveBehindStuckServer(BothVm vm, VmmProcess server, bool byRest, bool kill)
    {
        Shell.Run($"kill -STOP {server.Id}");
        if (byRest)
        {
            Check.Equal((204, ""), vm.Api.Send("PUT", "vm.remove-device", """{"id":"fs"}"""), "vm.remove-device");
        }
        else
        {
            vm.Qmp.Execute("device_del", """{"id": "fs"}""");
        }

        vm.Guest.RunUntil("cat /proc/[0-9]*/stack 2>/dev/null | grep -c virtio_fs_remove", "1", 30);
        JsonElement removal = JsonDocument.Parse(vm.Api.Send("GET", "vm.operations/" + vm.LastOperation().ToString(CultureInfo.InvariantCulture)).Body).RootElement;
        Check.True(!removal.GetProperty("final").GetBoolean(), $"the removal waits for the guest: {removal.GetRawText()}");
        Shell.Run($"kill -{(kill ? "KILL" : "CONT")} {server.Id}");
        vm.WaitDeleted("fs");
    }

    // While files are written: the programs get an error, the user an event, and another server can be used.
    private static void ServerDies(LabContext context)
    {
        string api = context["api"];
        string directory = Directory.CreateDirectory(context["shared"]).FullName;
        LabVm vm = context.StartGuest(
            "2",
            append: "limber.mods=" + Modules,
            extra:
            [
                "-initrd", context.FullInitramfs, "-x-limber", "api-socket=" + api,
                "-object", "memory-backend-memfd,id=ram0,size=512M,share=on", "-numa", "node,memdev=ram0",
            ]).Booted();
        var rest = new RestClient(api);
        GuestDiagnosis.Watch(vm.Process, vm.Guest, () => rest.Send("GET", "vm.operations").Body, () =>
        {
            Check.Equal(500, rest.Send("PUT", "vm.add-fs", """{"id":"fs","tag":"share","socket":"/nowhere/sock"}""").Status, "no server");
            vm.Guest.Run("mkdir -p /mnt");
            VmmProcess server = Mount(context, vm.Guest, rest, directory, "first");
            vm.Guest.Run("(while echo line >>/mnt/log; do :; done) 2>/tmp/error & true");
            Wait(() => new FileInfo(Path.Combine(directory, "log")) is { Exists: true, Length: > 0 }, "the guest's file");
            server.Dispose();
            JsonElement failure = vm.Qmp.WaitEvent("X_LIMBER_DEVICE_FAILED", 30);
            Check.Equal("fs", failure.GetProperty("data").GetProperty("device").GetString(), "device of the event");
            vm.Guest.RunUntil("grep -c 'not connected' /tmp/error", "1", 20);
            Check.True(vm.Guest.Run("ls /mnt 2>&1").Contains("not connected", StringComparison.Ordinal), "what later programs are told");
            Check.Equal("running", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "the machine");
            vm.Guest.Run("umount /mnt");
            Remove(rest);
            server = Mount(context, vm.Guest, rest, directory, "second");
            Check.Equal("line", vm.Guest.Run("head -n 1 /mnt/log"), "the file by another server");
            vm.Guest.Run("umount /mnt");
            Remove(rest);
            _ = server.WaitForExit(10);
        });
        vm.PowerOff();
    }

    private static VmmProcess Mount(LabContext context, GuestConsole guest, RestClient rest, string directory, string name)
    {
        string socket = context[name];
        VmmProcess server = StartServer(context, socket, directory);
        (int status, string reply) = rest.Send("PUT", "vm.add-fs", $$"""{"id":"fs","tag":"share","socket":"{{socket}}"}""");
        Check.Equal(200, status, "vm.add-fs: " + reply);
        guest.RunUntil("mount -t virtiofs share /mnt 2>/dev/null; grep -c virtiofs /proc/mounts", "1", 30);
        return server;
    }

    private static void Remove(RestClient rest) =>
        Check.Equal((204, ""), rest.Send("PUT", "vm.remove-device?wait=60", """{"id":"fs"}"""), "vm.remove-device");

    private static void Wait(Func<bool> condition, string what)
    {
        Deadline deadline = Deadline.In(30);
        while (!condition())
        {
            Check.True(!deadline.HasPassed, "waited 30 s for " + what);
            System.Threading.Thread.Sleep(50);
        }
    }

    // It serves one connection and ends with it.
    internal static VmmProcess StartServer(LabContext context, string socket, string directory)
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
