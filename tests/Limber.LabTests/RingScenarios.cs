using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
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

    public static Scenario[] All => [new("virtio-rings", Rings)];

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
}
