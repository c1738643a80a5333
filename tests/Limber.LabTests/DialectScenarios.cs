using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>The command lines and sessions of the three documents.</summary>
internal static class DialectScenarios
{
    public static Scenario[] All =>
    [
        new("qemu-document", QemuDocument),
        new("stratovirt-document", StratoVirtDocument),
        new("cloud-hypervisor-document", CloudHypervisorDocument),
    ];

    private static void QemuDocument(LabContext context)
    {
        string socket = context["qmp-sock"];
        VmmProcess process = context.Start(
            "-display", "none", "-no-user-config", "-m", "2048", "-nodefaults", "-monitor", "stdio", "-machine", "pc,accel=kvm,usb=off",
            "-smp", "1,maxcpus=2", "-cpu", "IvyBridge-IBRS", "-qmp", $"unix:{socket},server=on,wait=off",
            "-serial", $"unix:{context["serial"]},server=on,wait=off",
            "-kernel", context.Vmlinux, "-initrd", context.Initramfs, "-append", "console=ttyS0 quiet panic=-1 limber.hp=auto");
        QmpClient qmp = context.Connect(socket);
        process.Output.WaitFor("(qemu) ", 0, 20);
        JsonElement slots = qmp.Execute("query-hotpluggable-cpus");
        Check.Equal(2, slots.GetArrayLength(), "slots");
        JsonElement free = slots[0];
        Check.Equal("IvyBridge-IBRS-x86_64-cpu", free.GetProperty("type").GetString(), "type");
        Check.True(!free.TryGetProperty("qom-path", out _), "the highest slot is free");
        JsonElement props = free.GetProperty("props");

        // As the document writes it; the guest may still be booting, and sees the processor all the same.
        qmp.Execute(
            "device_add",
            $$"""{"id": "cpu-2", "driver": "IvyBridge-IBRS-x86_64-cpu", "socket-id": {{props.GetProperty("socket-id")}}, "core-id": {{props.GetProperty("core-id")}}, "thread-id": 0}""");
        Check.Equal(2, qmp.Execute("query-cpus-fast").GetArrayLength(), "query-cpus-fast");
        qmp.WaitEvent("ACPI_DEVICE_OST", 120, e => e.GetProperty("data").GetProperty("info").GetProperty("source").GetInt32() == 1);
        qmp.Execute("device_del", """{"id": "cpu-2"}""");
        qmp.WaitEvent("DEVICE_DELETED", 60, e => e.GetProperty("data").TryGetProperty("device", out JsonElement d) && d.GetString() == "cpu-2");
        process.Type("info hotpluggable-cpus\n");
        process.Output.WaitFor("CPUInstance Properties:", 0, 20);
        process.Type("quit\n");
        Check.Equal(0, process.WaitForExit(20), "exit code");
    }

    private static void StratoVirtDocument(LabContext context)
    {
        string socket = context["stratovirt.sock"];
        VmmProcess process = context.Start(
            "-machine", "q35", "-smp", "1,maxcpus=3", "-m", "512", "-kernel", context.BzImage, "-initrd", context.Initramfs,
            "-append", "console=ttyS0 reboot=k panic=1 quiet limber.noecho", "-qmp", $"unix:{socket},server,nowait", "-serial", "stdio");
        QmpClient qmp = context.Connect(socket, negotiate: false);
        Check.Equal(5, qmp.Greeting.GetProperty("QMP").GetProperty("version").GetProperty("qemu").GetProperty("major").GetInt32(), "greeting");
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(120);
        qmp.Execute("device_add", """{"id": "device_id", "driver": "generic-x86-cpu", "cpu-id": 1}""");
        JsonElement resized = qmp.WaitEvent("CPU_RESIZE", 10);
        Check.True(!resized.GetProperty("data").EnumerateObject().MoveNext(), "CPU_RESIZE has empty data");
        guest.RunUntil("cat /sys/devices/system/cpu/present", "0-1", 30);
        guest.Run("echo 1 >/sys/devices/system/cpu/cpu1/online");
        Check.Equal("2", guest.Run("nproc"), "nproc");
        qmp.Execute("device_del", """{"id": "device_id"}""");
        qmp.WaitEvent("CPU_RESIZE", 10);
        qmp.WaitEvent("DEVICE_DELETED", 60);
        Check.Equal("1", guest.Run("nproc"), "nproc");
        Check.Equal("GenericError: Max cpu-id is 2", qmp.ExecuteFailing("device_add", """{"id": "x", "driver": "generic-x86-cpu", "cpu-id": 3}"""), "cpu-id out of range");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(30), "exit code");
    }

    private static void CloudHypervisorDocument(LabContext context)
    {
        VmmProcess process = context.Start(
            "--kernel", context.Vmlinux, "--cmdline", "console=ttyS0 quiet panic=-1 limber.noecho", "--initramfs", context.Initramfs,
            "--cpus", "boot=4,max=8", "--memory", "size=1024M", "--serial", "tty", "--console", "off", "--api-socket", context["ch.sock"]);
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(180);
        Check.Equal("4", guest.Run("nproc"), "nproc");
        Check.Equal("0-7", guest.Run("cat /sys/devices/system/cpu/possible"), "possible");

        // The document's own sequence: up to 8, the guest brings them online, down to 4; and what may not be.
        const string onlineAll = "for c in /sys/devices/system/cpu/cpu[0-9]*/online; do read v <$c; [ $v = 1 ] || echo 1 >$c; done";
        var rest = new RestClient(context["ch.sock"]);
        Check.Equal((204, ""), rest.Send("PUT", "vm.resize?wait=60", "{ \"desired_vcpus\": 8}"), "vm.resize to 8");
        guest.Run(onlineAll);
        Check.Equal("8", guest.Run("nproc"), "nproc");
        Check.Equal((204, ""), rest.Send("PUT", "vm.resize", "{ \"desired_vcpus\": 8}"), "vm.resize to what it is");
        Check.Equal(500, rest.Send("PUT", "vm.resize", "{ \"desired_vcpus\": 9}").Status, "vm.resize above the maximum");
        Check.Equal((204, ""), rest.Send("PUT", "vm.resize?wait=60", "{ \"desired_vcpus\": 3}"), "vm.resize to 3");
        Check.Equal("3", guest.Run("nproc"), "nproc");
        Check.Equal(3, process.CountThreads("vcpu"), "the host's vCPU threads");
        (int status, string info) = rest.Send("GET", "vm.info");
        Check.Equal(200, status, "vm.info");
        Check.Equal(3, JsonDocument.Parse(info).RootElement.GetProperty("config").GetProperty("cpus").GetProperty("boot_vcpus").GetInt32(), "boot_vcpus");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(30), "exit code");
    }
}
