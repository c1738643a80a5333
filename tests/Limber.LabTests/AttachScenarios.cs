using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Disks with rate limits, and files as persistent memory.</summary>
internal static class AttachScenarios
{
    private const int MiB = 1 << 20;
    private const int PmemRounds = 10;
    private const int PmemSize = 4 * MiB;

    public static Scenario[] All =>
    [
        new("disk-rate-limit", RateLimit),
        new("pmem-dax", PersistentMemory),
    ];

    // A MiB at once and one a second; then the same disk without a limit.
    private static void RateLimit(LabContext context)
    {
        const int Disk = 16 * MiB;
        string image = MakeFile(context, "disk.img", Disk);
        (LabVm vm, RestClient rest) = Start(context, "virtio_pci,virtio_blk");
        Add(rest, "disk", $$"""{"id":"d","path":"{{image}}","image_type":"raw","rate_limiter_config":{"bandwidth":{"size":{{MiB}},"refill_time":1000} } }""");
        vm.Guest.Run("while [ ! -b /dev/vda ]; do usleep 10000; done");
        long before = SectorsRead(vm.Guest);
        var clock = Stopwatch.StartNew();
        vm.Guest.Run("cat /dev/vda >/dev/null & sleep 4");
        long bytes = (SectorsRead(vm.Guest) - before) * 512;
        double seconds = clock.Elapsed.TotalSeconds;
        context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"limited to 1 MiB/s after 1 MiB: {bytes / 1024} KiB in {seconds:F1} s"));
        Check.True(bytes >= 2 * MiB, $"only {bytes} bytes in {seconds} s through the limit");
        Check.True(bytes <= (2 + seconds) * MiB, $"{bytes} bytes in {seconds} s in spite of the limit");
        vm.Guest.Run("kill %1; wait");
        Remove(rest, "d");

        Add(rest, "disk", $$"""{"id":"d","path":"{{image}}","image_type":"raw"}""");
        vm.Guest.Run("while [ ! -b /dev/vda ]; do usleep 10000; done");
        clock.Restart();
        vm.Guest.Run("cat /dev/vda >/dev/null");
        context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"without a limit: {Disk / 1024} KiB in {clock.Elapsed.TotalSeconds:F1} s"));
        Check.True(clock.Elapsed.TotalSeconds < 10, $"{Disk} bytes took {clock.Elapsed.TotalSeconds} s without a limit");
        vm.PowerOff();
    }

    // A file system on a file of the host, mounted with dax; added by REST and by QMP in turn.
    private static void PersistentMemory(LabContext context)
    {
        string file = MakeFile(context, "pmem.img", PmemSize);
        (LabVm vm, RestClient rest) = Start(context, "virtio_pci,virtio_pmem,nd_pmem");
        string previous = "";
        string place = "";
        int descriptors = 0;
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < PmemRounds; round++)
        {
            // Removals by REST are events on QMP too, so every round has an id of its own.
            string id = $"p{round}";
            bool byRest = round % 2 == 0;
            if (byRest)
            {
                Add(rest, "pmem", $$"""{"id":"{{id}}","file":"{{file}}"}""");
            }
            else
            {
                vm.Qmp.Execute("object-add", $$"""{"qom-type": "memory-backend-file", "id": "m", "mem-path": "{{file}}", "size": {{PmemSize}}, "share": true}""");
                vm.Qmp.Execute("device_add", $$"""{"driver": "virtio-pmem-pci", "id": "{{id}}", "memdev": "m"}""");
            }

            vm.Guest.Run("while [ ! -b /dev/pmem0 ]; do usleep 10000; done; mkdir -p /mnt");
            if (round == 0)
            {
                vm.Guest.Run("mke2fs -b 4096 /dev/pmem0");
                place = Place(vm.Guest);
                context.Figures.Add("the guest sees it at " + place);
            }

            // One line for the shell: what it takes to type is slow in the lab.
            string[] said = vm.Guest.Run(
                "grep namespace /proc/iomem | cut -d: -f1 | xargs; mount -t ext4 -o dax /dev/pmem0 /mnt; echo $?; touch /mnt/f; sha256sum </mnt/f; "
                + "head -c 500000 /dev/urandom >/mnt/f; sync; sha256sum </mnt/f; umount /mnt; sha256sum </dev/pmem0").Split('\n');
            Check.Equal((5, place, "0"), (said.Length, said[0], said[1]), $"place, and the result of mounting with dax, in round {round}");
            Check.True(round == 0 || said[2] == previous, $"the file of the round before {round} has another checksum");
            previous = said[3];
            string sum = said[4].Split(' ')[0];
            if (byRest)
            {
                Remove(rest, id);
            }
            else
            {
                vm.Qmp.Execute("device_del", $$"""{"id": "{{id}}"}""");
                vm.Qmp.WaitEvent("DEVICE_DELETED", 60, e => e.GetProperty("data").TryGetProperty("device", out JsonElement d) && d.GetString() == id);
                vm.Qmp.Execute("object-del", """{"id": "m"}""");
            }

            using FileStream stream = File.OpenRead(file);
            Check.Equal(sum, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream)), $"checksum of the file on the host in round {round}");
            descriptors = round == 1 ? vm.Process.CountDescriptors() : descriptors;
        }

        context.Figures.Add(string.Create(
            CultureInfo.InvariantCulture, $"{PmemRounds} times added, mounted, written, checked and removed: {clock.Elapsed.TotalSeconds / PmemRounds:F2} s each"));
        Check.Equal(descriptors, vm.Process.CountDescriptors(), "descriptors of the process");
        Check.Equal(0, vm.Process.CountThreads("p"), "threads of the removed devices");
        PmemAfterReboot(vm, rest, file, previous);
        Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        vm.PowerOff();
    }

    private static void PmemAfterReboot(LabVm vm, RestClient rest, string file, string sum)
    {
        Add(rest, "pmem", $$"""{"id":"p","file":"{{file}}"}""");
        vm.Guest.Run("while [ ! -b /dev/pmem0 ]; do usleep 10000; done");
        string place = Place(vm.Guest);
        int before = vm.Guest.Output.Position;
        vm.Guest.Type("reboot -f");
        vm.Guest.WaitForPrompt(120, before);
        Check.Equal(place, Place(vm.Guest), "place after the reboot");
        Check.Equal(sum, vm.Guest.Run("mkdir /mnt; mount -t ext4 -o dax /dev/pmem0 /mnt; sha256sum </mnt/f; umount /mnt"), "file after the reboot");
    }

    private static string Place(GuestConsole guest) => guest.Run("grep namespace /proc/iomem | cut -d: -f1 | xargs");

    private static (LabVm Vm, RestClient Api) Start(LabContext context, string modules)
    {
        string api = context["api"];
        LabVm vm = context.StartGuest(
            "2", append: "limber.mods=" + modules, extra: ["-initrd", context.FullInitramfs, "-x-limber", "api-socket=" + api]).Booted();
        return (vm, new RestClient(api));
    }

    private static void Add(RestClient rest, string kind, string body)
    {
        (int status, string answer) = rest.Send("PUT", "vm.add-" + kind, body);
        Check.Equal(200, status, $"vm.add-{kind}: {answer}");
    }

    private static void Remove(RestClient rest, string id)
    {
        (int status, string answer) = rest.Send("PUT", "vm.remove-device?wait=60", $$"""{"id":"{{id}}"}""");
        Check.Equal(204, status, "vm.remove-device: " + answer);
    }

    private static long SectorsRead(GuestConsole guest) =>
        long.Parse(guest.Run("read a b c d </sys/block/vda/stat; echo $c"), CultureInfo.InvariantCulture);

    private static string MakeFile(LabContext context, string name, long size)
    {
        using FileStream file = File.Create(context[name]);
        file.SetLength(size);
        return context[name];
    }
}
