using System;
using System.Collections.Generic;
using System.Linq;

namespace Limber.LabTests;

/// <summary>Processors come and go.</summary>
internal static class HotplugScenarios
{
    public static Scenario[] All =>
    [
        new("ten-times-up-and-down", TenTimes),
        new("plug-while-paused", WhilePaused),
        new("guest-ejects-by-itself", GuestEjects),
        new("cold-plugged-cpus", ColdPlugged),
    ];

    private static void TenTimes(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=4").Booted();
        var random = new Random(20);
        for (int round = 0; round < 10; round++)
        {
            List<int> order = [1, 2, 3];
            foreach (int index in order.OrderBy(_ => random.Next()))
            {
                vm.Plug(index, $"c{index}");
            }

            vm.OnlineAll();
            vm.ExpectCpus(4);
            int left = 4;
            foreach (int index in order.OrderBy(_ => random.Next()))
            {
                vm.Unplug($"c{index}");
                vm.ExpectCpus(--left);
            }
        }

        vm.ExpectNoAcpiComplaint();
        vm.PowerOff();
    }

    private static void ColdPlugged(LabContext context)
    {
        LabVm vm = context.StartGuest(
            "1,maxcpus=4,sockets=2,cores=2,threads=1",
            extra: ["-device", "host-x86_64-cpu,id=cold,socket-id=1,core-id=1,thread-id=0"]).Booted();
        vm.ExpectCpus(2);
        vm.Unplug("cold");
        vm.ExpectCpus(1);
        vm.Plug(3, "cold");
        vm.OnlineAll();
        vm.ExpectCpus(2);
        vm.PowerOff();
    }

    private static void WhilePaused(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=2").Booted();
        vm.Qmp.Execute("stop");
        vm.Qmp.WaitEvent("STOP", 10);
        vm.Qmp.Execute("device_add", """{"driver": "generic-x86-cpu", "id": "late", "cpu-id": 1}""");
        Check.Equal("paused", vm.Qmp.Execute("query-status").GetProperty("status").GetString(), "status");
        vm.Qmp.Execute("cont");
        vm.WaitOst(1, 0);
        vm.OnlineAll();
        vm.ExpectCpus(2);
        vm.PowerOff();
    }

    private static void GuestEjects(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=2").Booted();
        vm.Plug(1, "gone");
        vm.OnlineAll();
        vm.ExpectCpus(2);
        vm.Guest.Run("for d in /sys/bus/acpi/devices/ACPI0007:*; do [ $(cat $d/uid) = 1 ] && echo 1 >$d/eject; done");
        vm.Qmp.WaitEvent("DEVICE_DELETED", 30);
        vm.ExpectCpus(1);
        vm.Plug(1, "gone");
        vm.OnlineAll();
        vm.ExpectCpus(2);
        vm.PowerOff();
    }
}
