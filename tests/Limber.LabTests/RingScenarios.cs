using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Split and packed rings, with and without what else can be agreed on, under a real guest's driver.</summary>
internal static class RingScenarios
{
    // VIRTIO 1.2, 6: bits of VIRTIO_F_INDIRECT_DESC, VIRTIO_F_EVENT_IDX and VIRTIO_F_RING_PACKED.
    private const int Indirect = 28;
    private const int EventIndex = 29;
    private const int Packed = 34;

    private static readonly (string Options, string Bits)[] Kinds =
    [
        ("packed=on", "111"),
        ("packed=on,event_idx=off,indirect_desc=off", "001"),
        ("packed=off", "110"),
        ("event_idx=off,indirect_desc=off,queue_reset=off", "000"),
    ];

    public static Scenario[] All => [new("virtio-rings", Rings), new("virtio-pins", Pins)];

    private static void Rings(LabContext context)
    {
        var extra = new List<string> { "-initrd", context.FullInitramfs };
        string[] files = [.. Kinds.Select((_, i) => DiskFile.Make(context, string.Create(CultureInfo.InvariantCulture, $"d{i}.img"), 8))];
        for (int i = 0; i < Kinds.Length; i++)
        {
            extra.AddRange(["-drive", $"file={files[i]},id=d{i},if=none,format=raw", "-device", $"virtio-blk-pci,drive=d{i},id=disk{i},serial=s{i},{Kinds[i].Options}"]);
        }

        extra.AddRange(["-device", "virtio-rng-pci,id=rng0,packed=on"]);
        LabVm vm = context.StartGuest("2", append: "limber.mods=virtio_pci,virtio_blk,virtio-rng", extra: [.. extra]).Booted();
        vm.Guest.Run("f() { d=$(grep -l ^$1$ /sys/block/vd*/serial); d=${d%/serial}; }; b() { f $1; cut -c29,30,35 $d/device/features; }");
        for (int i = 0; i < Kinds.Length; i++)
        {
            Check.Equal(Kinds[i].Bits, vm.Guest.Run($"b s{i}"), $"bits {Indirect}, {EventIndex} and {Packed} of {Kinds[i].Options}");

            // Two programs at once, so that requests overlap and rings wrap many times: 8 MiB are 2,048 requests at least.
            string sum = vm.Guest.Run(
                $"f s{i}; n=/dev/${{d##*/}}; dd if=/dev/urandom of=$n bs=4k count=1024 oflag=direct 2>/dev/null & f s{i}; n=/dev/${{d##*/}}; "
                + "dd if=/dev/urandom of=$n bs=4k count=1024 seek=1024 oflag=direct 2>/dev/null; wait; sha256sum <$n | cut -c1-64",
                60);
            Check.Equal(DiskFile.Sum(files[i]), sum, $"checksum of the disk with {Kinds[i].Options}");
        }

        Check.Equal("32", vm.Guest.Run("head -c 32 /dev/hwrng | wc -c"), "bytes of the entropy device with packed rings");
        Check.Equal("", vm.Guest.Run("dmesg -r | grep -E '^<[0-3]>'"), "errors in the guest's kernel log");
        vm.PowerOff();
    }

    // A guest that is told to use no messages has the interrupt pins. (It leaves root ports' hotplug alone then, as it asks the firmware
    // for nothing of PCI Express without them.)
    private static void Pins(LabContext context)
    {
        string[] files = [DiskFile.Make(context, "boot.img", 4), DiskFile.Make(context, "hot.img", 4)];
        LabVm vm = context.StartGuest(
            "2",
            append: "pci=nomsi limber.mods=virtio_pci,virtio_blk",
            extra:
            [
                "-initrd", context.FullInitramfs,
                "-drive", $"file={files[0]},id=d0,if=none,format=raw", "-device", "virtio-blk-pci,drive=d0,id=disk0",
            ]).Booted();
        vm.Qmp.Execute("blockdev-add", $$"""{"driver": "raw", "node-name": "d1", "file": {"driver": "file", "filename": "{{files[1]}}"} }""");
        vm.Qmp.Execute("device_add", """{"driver": "virtio-blk-pci", "id": "disk1", "drive": "d1"}""");
        vm.Guest.RunUntil("ls -d /sys/block/vd* | wc -l", "2", 30);
        foreach ((string disk, int index) in new[] { ("vda", 0), ("vdb", 1) })
        {
            string sum = vm.Guest.Run($"dd if=/dev/urandom of=/dev/{disk} bs=16k oflag=direct 2>/dev/null; sha256sum </dev/{disk} | cut -c1-64", 60);
            Check.Equal(DiskFile.Sum(files[index]), sum, $"checksum of {disk}");
        }

        Check.Equal("2", vm.Guest.Run("grep IO-APIC /proc/interrupts | grep -o 'virtio[0-9]' | wc -l"), "devices with a pin in /proc/interrupts");
        vm.Qmp.Execute("device_del", """{"id": "disk1"}""");
        vm.Qmp.WaitEvent("DEVICE_DELETED", 60, e => e.GetProperty("data").TryGetProperty("device", out JsonElement id) && id.GetString() == "disk1");
        Check.Equal("1", vm.Guest.Run("ls -d /sys/block/vd* | wc -l"), "disks left");
        vm.PowerOff();
    }
}
