using System;
using System.Globalization;
using System.Linq;
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

    // Two tasks have reserved nine tenths of a processor each; one processor can't give them that, and Linux keeps both.
    private static void RefusesToEject(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=2").Booted();
        vm.Plug(1, "needed");
        vm.OnlineAll();
        vm.ExpectCpus(2);
        StartReservations(vm);
        vm.Qmp.Execute("device_del", """{"id": "needed"}""");
        JsonElement report = vm.Qmp.WaitEvent(
            "ACPI_DEVICE_OST", 60, e => e.GetProperty("data").GetProperty("info").GetProperty("status").GetInt32() != 0x84);
        JsonElement info = report.GetProperty("data").GetProperty("info");
        Check.Equal((3, 0x82), (info.GetProperty("source").GetInt32(), info.GetProperty("status").GetInt32()), "source and status of _OST");
        Check.Equal(
            "needed",
            vm.Qmp.WaitEvent("DEVICE_UNPLUG_GUEST_ERROR", 10).GetProperty("data").GetProperty("device").GetString(),
            "device of DEVICE_UNPLUG_GUEST_ERROR");
        JsonElement operation = vm.Qmp.Execute("x-limber-query-operations").EnumerateArray().Last();
        Check.Equal("refused", operation.GetProperty("state").GetString(), "state of the removal");
        Check.Equal(0x82, operation.GetProperty("ost-status").GetInt32(), "status of the removal");
        Check.Equal("device busy; the processor stays plugged in", operation.GetProperty("detail").GetString(), "detail of the removal");
        Check.Equal(2, vm.Qmp.Execute("query-cpus-fast").GetArrayLength(), "query-cpus-fast");

        // Without them it goes.
        vm.Guest.Run("killall reserve");
        vm.Guest.RunUntil("pidof reserve | wc -w", "0", 10);
        vm.Unplug("needed");
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

        GuestProgram.ExpectRunning(vm, "ring");
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
        GuestProgram.Start(vm, "ring", code);
    }

    // SCHED_DEADLINE, by the system call: the guest's tools don't know it.
    private static void StartReservations(LabVm vm)
    {
        byte[] code =
        [
            0xB8, 0x3A, 0x01, 0x00, 0x00, // mov eax, 314       sched_setattr(0, attributes, 0)
            0x31, 0xFF, // xor edi, edi
            0xBE, 0x9C, 0x00, 0x40, 0x00, // mov esi, attributes
            0x31, 0xD2, // xor edx, edx
            0x0F, 0x05, // syscall
            0x85, 0xC0, // test eax, eax
            0x75, 0x09, // jnz failed

            // again:
            0xB8, 0x22, 0x00, 0x00, 0x00, // mov eax, 34        pause()
            0x0F, 0x05, // syscall
            0xEB, 0xF7, // jmp again

            // failed:
            0xB8, 0x3C, 0x00, 0x00, 0x00, // mov eax, 60        exit
            0x0F, 0x05, // syscall

            // attributes: size 48, policy SCHED_DEADLINE, flags, nice, priority; runtime, deadline and period in nanoseconds.
            48, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            .. BitConverter.GetBytes(9_000_000L), .. BitConverter.GetBytes(10_000_000L), .. BitConverter.GetBytes(10_000_000L),
        ];
        GuestProgram.Start(vm, "reserve", code, times: 2);
    }
}
