using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Limber.LabTests;

/// <summary>Both kernel forms boot, reboot and power off.</summary>
internal static class BootScenarios
{
    public static Scenario[] All =>
    [
        new("boot-vmlinux-pvh", c => BootAndPowerOff(c, c.Vmlinux)),
        new("boot-bzimage", c => BootAndPowerOff(c, c.BzImage)),
        new("reboot-keeps-plugged-cpus", RebootKeepsPlugged),
        new("power-button", PowerButton),
        new("named-model-and-topology", Topology),
    ];

    private static void BootAndPowerOff(LabContext context, string kernel)
    {
        LabVm vm = context.StartGuest("2,maxcpus=4", kernel).Booted();
        vm.ExpectCpus(2);
        Check.Equal("0-1", vm.Guest.Run("cat /sys/devices/system/cpu/online"), "online");
        Check.Equal("0-3", vm.Guest.Run("cat /sys/devices/system/cpu/possible"), "possible");
        vm.ExpectNoAcpiComplaint();
        Match up = Regex.Match(vm.Guest.Output.All, "GUEST-INIT up=([0-9.]+)");
        context.Figures.Add($"guest kernel start to init: {up.Groups[1].Value} s");
        vm.PowerOff();
    }

    private static void RebootKeepsPlugged(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=4").Booted();
        vm.Plug(2, "two");
        vm.Plug(3, "three");
        vm.OnlineAll();
        vm.ExpectCpus(3);
        int before = vm.Guest.Output.Position;
        vm.Guest.Type("reboot -f");
        JsonElement reset = vm.Qmp.WaitEvent("RESET", 60);
        Check.Equal("guest-reset", reset.GetProperty("data").GetProperty("reason").GetString(), "reason of RESET");
        vm.Guest.WaitForPrompt(120, before);
        vm.ExpectCpus(3);
        vm.ExpectNoAcpiComplaint();
        vm.Unplug("two");
        vm.ExpectCpus(2);

        // From outside, while a removal is pending in a machine that can't answer: the reset completes it.
        vm.Qmp.Execute("stop");
        vm.Qmp.Execute("device_del", """{"id": "three"}""");
        before = vm.Guest.Output.Position;
        vm.Qmp.Execute("system_reset");
        vm.Qmp.Execute("cont");
        vm.Guest.WaitForPrompt(120, before);
        vm.ExpectCpus(1);
        vm.PowerOff();
    }

    private static void PowerButton(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=2", append: "limber.acpid").Booted();
        System.Threading.Thread.Sleep(1000);
        vm.Qmp.Execute("system_powerdown");
        vm.Qmp.WaitEvent("POWERDOWN", 10);
        vm.Qmp.WaitEvent("SHUTDOWN", 60);
        Check.Equal(0, vm.Process.WaitForExit(20), "exit code");
    }

    private static void Topology(LabContext context)
    {
        LabVm vm = context.StartGuest("4,maxcpus=8,sockets=2,cores=2,threads=2", extra: ["-cpu", "IvyBridge-IBRS"]).Booted();
        vm.Plug(4, "c4");
        vm.Plug(7, "c7");
        vm.OnlineAll();
        vm.ExpectCpus(6);

        // cpu numbers in the guest follow the order of arrival; places must be those of the slots 0-3, 4 and 7.
        string places = vm.Guest.Run("lscpu -p=SOCKET,CORE | grep -v '^#' | sort | uniq -c | awk '{print $1}' | tr '\\n' ' '");
        Check.Equal("2 2 1 1", places.Trim(), "threads in each (socket, core) of the guest's lscpu");
        string sockets = vm.Guest.Run("cat /sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id | sort | uniq -c | awk '{print $1}' | tr '\\n' ' '");
        Check.Equal("4 2", sockets.Trim(), "threads in each socket");
        string model = vm.Guest.Run("grep -m1 'model name' /proc/cpuinfo");
        context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"{model.Trim()}"));
        vm.PowerOff();
    }
}
