using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Guests that say no, and guests that mean harm.</summary>
internal static class HostileScenarios
{
    public static Scenario[] All =>
    [
        new("guest-refuses-to-eject", RefusesToEject),
        new("doorbell-flood", DoorbellFlood),
    ];

    // The processor that is asked back is the last one online, and Linux does not take that offline.
    private static void RefusesToEject(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=2", append: "cpu0_hotplug").Booted();
        vm.Plug(1, "last");
        vm.OnlineAll();
        vm.ExpectCpus(2);
        vm.Guest.Run("echo 0 >/sys/devices/system/cpu/cpu0/online");
        vm.Guest.RunUntil("cat /sys/devices/system/cpu/online", "1", 20);
        vm.Qmp.Execute("device_del", """{"id": "last"}""");
        JsonElement report = vm.Qmp.WaitEvent(
            "ACPI_DEVICE_OST", 60, e => e.GetProperty("data").GetProperty("info").GetProperty("status").GetInt32() != 0x84);
        JsonElement info = report.GetProperty("data").GetProperty("info");
        Check.Equal((3, 0x82), (info.GetProperty("source").GetInt32(), info.GetProperty("status").GetInt32()), "source and status of _OST");
        Check.Equal(
            "last",
            vm.Qmp.WaitEvent("DEVICE_UNPLUG_GUEST_ERROR", 10).GetProperty("data").GetProperty("device").GetString(),
            "device of DEVICE_UNPLUG_GUEST_ERROR");
        JsonElement operation = vm.Qmp.Execute("x-limber-query-operations").EnumerateArray().Last();
        Check.Equal("refused", operation.GetProperty("state").GetString(), "state of the removal");
        Check.Equal(0x82, operation.GetProperty("ost-status").GetInt32(), "status of the removal");
        Check.Equal("device busy; the processor stays plugged in", operation.GetProperty("detail").GetString(), "detail of the removal");
        Check.Equal(2, vm.Qmp.Execute("query-cpus-fast").GetArrayLength(), "query-cpus-fast");

        // With another processor online it goes.
        vm.Guest.Run("echo 1 >/sys/devices/system/cpu/cpu0/online");
        vm.Guest.RunUntil("cat /sys/devices/system/cpu/online", "0-1", 60);
        vm.Unplug("last");
        vm.ExpectCpus(1);
        vm.PowerOff();
    }

    private static void DoorbellFlood(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=4").Booted();
        StartRinging(vm);
        for (int round = 0; round < 3; round++)
        {
            foreach (int index in (int[])[1, 2, 3])
            {
                vm.Qmp.Execute("device_add", $$"""{"driver": "generic-x86-cpu", "id": "c{{index}}", "cpu-id": {{index}}}""");
            }

            // What _OST says is worth nothing here: the guest counts.
            vm.Guest.RunUntil("ls -d /sys/devices/system/cpu/cpu[0-9]* | wc -l", "4", 60);
            vm.OnlineAll();
            vm.ExpectCpus(4);
            foreach (int index in (int[])[3, 1, 2])
            {
                vm.Qmp.Execute("device_del", $$"""{"id": "c{{index}}"}""");
                vm.Qmp.WaitEvent(
                    "DEVICE_DELETED", 60, e => e.GetProperty("data").TryGetProperty("device", out JsonElement d) && d.GetString() == $"c{index}");
            }

            vm.ExpectCpus(1);
        }

        Check.Equal("", vm.Guest.Run("pidof ring >/dev/null || echo gone"), "the program that rings still runs");
        Check.Equal("running", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "status");
        int events = vm.Qmp.PendingEvents.Count;
        context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"{events} events left of the flood"));
        vm.PowerOff();
    }

    /// <summary>
    /// A program of a few instructions for the guest, which has no compiler: it asks for all ports and writes garbage to the
    /// processor hotplug doorbell, in all widths, as fast as it can. It ejects only what does not exist, so that a resize has
    /// a chance; its status reports are for any processor.
    /// </summary>
    private static void StartRinging(LabVm vm)
    {
        byte[] code =
        [
            0xB8, 0xAC, 0x00, 0x00, 0x00, // mov eax, 172       iopl(3)
            0xBF, 0x03, 0x00, 0x00, 0x00, // mov edi, 3
            0x0F, 0x05, // syscall
            0xBA, 0x20, 0x06, 0x00, 0x00, // mov edx, 0x620

            // again:
            0x69, 0xDB, 0x0D, 0x66, 0x19, 0x00, // imul ebx, ebx, 1664525
            0x81, 0xC3, 0x5F, 0xF3, 0x6E, 0x3C, // add ebx, 1013904223
            0x89, 0xD8, // mov eax, ebx
            0x0D, 0x00, 0x00, 0x00, 0x80, // or eax, 0x80000000
            0xEF, // out dx, eax        garbage
            0x66, 0xEF, // out dx, ax         a width that is none
            0xEE, // out dx, al         and another
            0x89, 0xD8, // mov eax, ebx
            0xC1, 0xE8, 0x18, // shr eax, 24
            0x83, 0xE0, 0x07, // and eax, 7
            0x0D, 0x00, 0x00, 0x01, 0x00, // or eax, 0x10000
            0xEF, // out dx, eax        a status of processor 0 to 7
            0x89, 0xD8, // mov eax, ebx
            0xC1, 0xE8, 0x10, // shr eax, 16
            0x83, 0xC8, 0x10, // or eax, 0x10
            0xEF, // out dx, eax        an eject of one that does not exist
            0x31, 0xC0, // xor eax, eax
            0xEF, // out dx, eax        an eject of the first
            0xEB, 0xCD, // jmp again
        ];
        byte[] file = MakeElf(code);
        var octal = new StringBuilder();
        foreach (byte b in file)
        {
            octal.Append('\\').Append(System.Convert.ToString(b, 8).PadLeft(3, '0'));
        }

        vm.Guest.Run($"printf '{octal}' >/tmp/ring; chmod +x /tmp/ring; /tmp/ring & sleep 1");
        Check.Equal("", vm.Guest.Run("pidof ring >/dev/null || echo gone"), "the program that rings runs");
    }

    // One loadable segment that is the whole file.
    private static byte[] MakeElf(byte[] code)
    {
        const ulong address = 0x400000;
        const int headers = 64 + 56;
        byte[] file = new byte[headers + code.Length];
        ((byte[])[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(file, 0);
        Put(16, 2, 2);
        Put(18, 62, 2);
        Put(20, 1, 4);
        Put(24, address + headers, 8);
        Put(32, 64, 8);
        Put(52, 64, 2);
        Put(54, 56, 2);
        Put(56, 1, 2);
        Put(64, 1, 4);
        Put(68, 5, 4);
        Put(80, address, 8);
        Put(88, address, 8);
        Put(96, (ulong)file.Length, 8);
        Put(104, (ulong)file.Length, 8);
        Put(112, 4096, 8);
        code.CopyTo(file, headers);
        return file;

        void Put(int offset, ulong value, int length)
        {
            for (int i = 0; i < length; i++)
            {
                file[offset + i] = unchecked((byte)(value >> (8 * i)));
            }
        }
    }
}
