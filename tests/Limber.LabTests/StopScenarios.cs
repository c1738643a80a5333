using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Threading;

namespace Limber.LabTests;

/// <summary>A machine that is stopped under I/O: nothing moves until it goes on, and nothing is lost.</summary>
internal static class StopScenarios
{
    private const string Modules = "virtio_pci,virtio_blk,virtio_net";
    private const string Tap = "labtap2";
    private const string HostAddress = "192.168.248.1";
    private const string GuestAddress = "192.168.248.2";
    private const int MiB = 1 << 20;
    private const int Megabytes = 6;
    private const int Datagrams = 20;

    public static Scenario[] All =>
    [
        new("stop-under-io", UnderIo),
    ];

    // The disk lets a MiB a second through, so that the ring is full of requests for seconds, stopped or not.
    private static void UnderIo(LabContext context)
    {
        string image = DiskFile.Make(context, "disk.img", 16);
        BothVm vm = BothVm.Start(context, Modules);
        vm.Watch(() =>
        {
            vm.AddByRest("disk", $$"""{"id":"d","path":"{{image}}","image_type":"raw","rate_limiter_config":{"bandwidth":{"size":{{MiB}},"refill_time":1000} } }""");
            vm.AddByRest("net", $$"""{"id":"nic","tap":"{{Tap}}","ip":"{{HostAddress}}","mask":"255.255.255.0"}""");
            vm.Guest.RunUntil("[ -b /dev/vda ] && [ -e /sys/class/net/eth0 ] && echo there", "there", 30);
            vm.Guest.Run($"ifconfig eth0 {GuestAddress} netmask 255.255.255.0 up");
            Check.Equal("0", vm.Guest.Run($"ping -c 1 -W 10 {HostAddress} >/dev/null; echo $?"), "ping to the host");
            vm.Guest.Run($"head -c {Megabytes * MiB} /dev/urandom >/tmp/data; (dd if=/tmp/data of=/dev/vda bs=64k conv=fsync 2>/dev/null; echo $? >/tmp/written) & true");
            Thread.Sleep(1500);

            var clock = Stopwatch.StartNew();
            vm.Qmp.Execute("stop");
            double seconds = clock.Elapsed.TotalSeconds;
            int written = CountWritten(image);
            long delivered = Delivered();
            Send();
            Thread.Sleep(2500);
            Check.Equal(written, CountWritten(image), "pages of the image that were written, after 2.5 s of a stopped machine");
            Check.Equal(delivered, Delivered(), "frames that the card took while the machine was stopped");
            Check.True(written is > 0 and < Megabytes * MiB / 4096, $"{written} pages were written before the stop: neither none nor all");
            context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"stop took {seconds * 1000:F0} ms with {(Megabytes * MiB / 4096) - written} of {Megabytes * MiB / 4096} pages to go"));

            vm.Qmp.Execute("cont");
            vm.Guest.RunUntil("cat /tmp/written", "0", 30);
            Check.Equal(vm.Guest.Run("sha256sum </tmp/data | cut -d' ' -f1"), Sum(image), "checksum of what was written around the stop");
            Check.True(Delivered() >= delivered + Datagrams, $"{Delivered() - delivered} frames came after the stop, of {Datagrams} that were sent");
            vm.RemoveByRest("nic");
            vm.RemoveByRest("d");
        });
        vm.Vm.PowerOff();
    }

    private static void Send()
    {
        using var socket = new UdpClient();
        for (int i = 0; i < Datagrams; i++)
        {
            socket.Send([1, 2, 3, 4], GuestAddress, 9);
        }
    }

    // What the card has read from the interface.
    private static long Delivered() =>
        long.Parse(File.ReadAllText($"/sys/class/net/{Tap}/statistics/tx_packets"), CultureInfo.InvariantCulture);

    private static int CountWritten(string image)
    {
        byte[] page = new byte[4096];
        int count = 0;
        using FileStream file = File.OpenRead(image);
        while (file.ReadAtLeast(page, page.Length, throwOnEndOfStream: false) == page.Length)
        {
            count += page.AsSpan().ContainsAnyExcept((byte)0) ? 1 : 0;
        }

        return count;
    }

    private static string Sum(string image)
    {
        byte[] data = new byte[Megabytes * MiB];
        using FileStream file = File.OpenRead(image);
        file.ReadExactly(data);
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(data));
    }
}
