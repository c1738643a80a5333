using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>QEMU's guest agent, as Debian has it, brings processors online; its port and others come and go.</summary>
internal static class AgentScenarios
{
    private const string Modules = "limber.mods=virtio_pci,virtio_console";
    private const string AgentPort = "org.qemu.guest_agent.0";

    public static Scenario[] All =>
    [
        new("agent-online-qmp", OnlineByQmp),
        new("agent-online-rest", OnlineByRest),
        new("ports-hot", PortsHot),
    ];

    // The guest has no udev and no rule: a processor is used only if somebody writes to its file "online".
    private static void OnlineByQmp(LabContext context)
    {
        LabVm vm = context.StartGuest(
            "1,maxcpus=6,sockets=1,cores=6,threads=1",
            append: Modules,
            extra:
            [
                "-initrd", context.FullInitramfs, "-device", "virtio-serial-pci,id=vs", "-device", $"virtserialport,name={AgentPort},id=ga",
            ]).Booted();
        Check.Equal(
            "GenericError: the processors can't be brought online: no agent listens in the guest; nothing was plugged",
            vm.Qmp.ExecuteFailing("device_add", """{"driver": "host-x86_64-cpu", "id": "c0", "socket-id": 0, "core-id": 1, "thread-id": 0, "online": true}"""),
            "online=on without an agent");
        StartAgent(vm.Guest);
        WaitPort(vm, open: true);
        vm.ExpectCpus(1);

        var clock = Stopwatch.StartNew();
        JsonElement[] operations = [.. vm.Qmp.Execute("x-limber-resize", """{"cpus": 3, "online": true}""").EnumerateArray()];
        Check.Equal("cpu-plug cpu-plug cpu-online", string.Join(' ', operations.Select(o => o.GetProperty("kind").GetString())), "operations");
        Check.Equal("completed: the guest uses all 2 new processors", WaitOperation(vm, operations[2]), "the third operation");
        context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"2 processors plugged and online by the agent: {clock.Elapsed.TotalMilliseconds:F0} ms"));
        vm.ExpectCpus(3);

        clock.Restart();
        vm.Qmp.Execute("device_add", """{"driver": "host-x86_64-cpu", "id": "c3", "socket-id": 0, "core-id": 3, "thread-id": 0, "online": true}""");
        JsonElement last = vm.Qmp.Execute("x-limber-query-operations").EnumerateArray().Last();
        Check.Equal("cpu-online c3", $"{last.GetProperty("kind").GetString()} {last.GetProperty("target").GetString()}", "newest operation");
        Check.Equal("completed: the guest uses all 1 new processors", WaitOperation(vm, last), "device_add with online=on");
        context.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"1 processor by device_add, online: {clock.Elapsed.TotalMilliseconds:F0} ms"));
        vm.ExpectCpus(4);
        vm.Unplug("c3");

        // An agent that hangs, and one that is no more.
        vm.Guest.Run("kill -STOP $(cat /run/qga.pid)");
        const string Plug = """{"driver": "host-x86_64-cpu", "socket-id": 0, "core-id": 4, "thread-id": 0, "online": true}""";
        Check.Equal(
            "GenericError: the processors can't be brought online: no answer of the guest agent to guest-get-vcpus within 1 s; nothing was plugged",
            vm.Qmp.ExecuteFailing("x-limber-resize", """{"cpus": 4, "online": true, "deadline": 1}"""),
            "online=on with an agent that hangs");
        vm.Guest.Run("kill -KILL $(cat /run/qga.pid)");
        WaitPort(vm, open: false);
        Check.Equal(
            "GenericError: the processors can't be brought online: no agent listens in the guest; nothing was plugged",
            vm.Qmp.ExecuteFailing("device_add", Plug),
            "online=on with an agent that was killed");
        vm.ExpectCpus(3);

        // What an agent that is gone was asked is not answered by the next one, which works all the same.
        StartAgent(vm.Guest);
        WaitPort(vm, open: true);
        vm.Qmp.Execute("device_add", Plug);
        Check.Equal(
            "completed: the guest uses all 1 new processors",
            WaitOperation(vm, vm.Qmp.Execute("x-limber-query-operations").EnumerateArray().Last()),
            "a new agent");
        vm.ExpectCpus(4);
        vm.PowerOff();
    }

    // The port comes with an option, the console is a file, and the request is curl's.
    private static void OnlineByRest(LabContext context)
    {
        string socket = context["api"];
        string console = context["console.txt"];
        VmmProcess process = context.Start(
            "cloud-hypervisor", "--kernel", context.Vmlinux, "--initramfs", context.FullInitramfs,
            "--cmdline", $"console=ttyS0 quiet panic=-1 limber.noecho {Modules}", "--cpus", "boot=1,max=4", "--memory", "size=512M",
            "--serial", "tty", "--console", $"file={console}", "--api-socket", socket, "--x-limber", "guest_agent=on");
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(120);
        var rest = new RestClient(socket);
        guest.Run("echo on the console >/dev/hvc0");
        Until(() => File.ReadAllText(console).TrimEnd() == "on the console", "the text from hvc0");

        (int status, string body) = rest.Send("PUT", "vm.resize?online=true", """{"desired_vcpus":3}""");
        Check.Equal(500, status, "vm.resize without an agent");
        Check.True(body.Contains("no agent listens in the guest; nothing was plugged", StringComparison.Ordinal), body);
        StartAgent(guest);
        Until(() => rest.Send("PUT", "vm.resize?online=true&wait=60", """{"desired_vcpus":3}""") == (204, ""), "vm.resize with an agent");
        Check.Equal("3", guest.Run("nproc"), "processors that the guest uses");

        // Without the port there is nobody to ask; the port comes back hot.
        guest.Run("kill $(cat /run/qga.pid)");
        Check.Equal(204, rest.Send("PUT", "vm.remove-device?wait=60", """{"id":"__guest_agent"}""").Status, "removal of the agent's device");
        (status, body) = rest.Send("PUT", "vm.resize?online=true", """{"desired_vcpus":4}""");
        Check.Equal(500, status, "vm.resize without a port");
        Check.True(body.Contains("no guest agent port of its own; nothing was plugged", StringComparison.Ordinal), body);
        Check.Equal(200, rest.Send("PUT", "vm.add-guest-agent", "{}").Status, "vm.add-guest-agent");
        StartAgent(guest);
        Until(() => rest.Send("PUT", "vm.resize?online=true&wait=60", """{"desired_vcpus":4}""") == (204, ""), "vm.resize with the hot port");
        Check.Equal("4", guest.Run("nproc"), "processors that the guest uses in the end");
        guest.Type("poweroff -f");
        Check.Equal(0, process.WaitForExit(30), "exit code");
    }

    private static void PortsHot(LabContext context)
    {
        const int Rounds = 5;
        LabVm vm = context.StartGuest("1", append: Modules, extra: ["-initrd", context.FullInitramfs, "-device", "virtio-serial-pci,id=vs"]).Booted();
        int descriptors = 0;
        for (int round = 0; round < Rounds; round++)
        {
            string file = context[$"port{round}.txt"];
            vm.Qmp.Execute("chardev-add", $$"""{"id": "c1", "backend": {"type": "file", "data": {"out": "{{file}}"} } }""");
            vm.Qmp.Execute("device_add", """{"driver": "virtserialport", "bus": "vs.0", "chardev": "c1", "id": "p1", "name": "org.limber.hot"}""");
            vm.Guest.Run($"{WaitPortCommand("org.limber.hot")}; echo round {round} >/dev/$p");
            Until(() => File.ReadAllText(file) == $"round {round}\n", "the text from the guest's port");
            vm.Qmp.WaitEvent("VSERPORT_CHANGE", 30, e => e.GetProperty("data") is var data && data.GetProperty("id").GetString() == "p1");
            Check.Equal("GenericError: Duplicate device ID 'p1'", vm.Qmp.ExecuteFailing("device_add", """{"driver": "virtserialport", "id": "p1"}"""), "id that is taken");
            vm.Qmp.Execute("device_del", """{"id": "p1"}""");
            JsonElement gone = vm.Qmp.WaitEvent("DEVICE_DELETED", 30, e => e.GetProperty("data").TryGetProperty("device", out _));
            Check.Equal("/machine/peripheral/p1", gone.GetProperty("data").GetProperty("path").GetString(), "path of DEVICE_DELETED");
            vm.Qmp.Execute("chardev-remove", """{"id": "c1"}""");
            vm.Guest.Run("while grep -qs org.limber.hot /sys/class/virtio-ports/*/name; do usleep 10000; done");
            descriptors = round == 0 ? vm.Process.CountDescriptors() : descriptors;
        }

        Check.Equal(descriptors, vm.Process.CountDescriptors(), "descriptors of the process");
        Check.Equal("", vm.Guest.Run("ls /sys/class/virtio-ports"), "ports in the guest");
        vm.PowerOff();
    }

    private static string WaitPortCommand(string name) =>
        $"while ! f=$(grep -ls {name} /sys/class/virtio-ports/*/name); do usleep 10000; done; p=$(echo $f | cut -d/ -f5); while [ ! -c /dev/$p ]; do usleep 10000; done";

    private static void StartAgent(GuestConsole guest) =>
        guest.Run($"{WaitPortCommand(AgentPort)}; rm -f /run/qga.pid; qemu-ga -d -m virtio-serial -p /dev/$p -t /run -f /run/qga.pid; while [ ! -s /run/qga.pid ]; do usleep 10000; done");

    private static void WaitPort(LabVm vm, bool open) =>
        vm.Qmp.WaitEvent("VSERPORT_CHANGE", 30, e => e.GetProperty("data") is var data
            && data.GetProperty("id").GetString() == "ga" && data.GetProperty("open").GetBoolean() == open);

    private static string WaitOperation(LabVm vm, JsonElement operation)
    {
        JsonElement end = vm.Qmp.Execute("x-limber-wait-operation", $$"""{"id": {{operation.GetProperty("id")}}, "timeout": 60}""");
        return $"{end.GetProperty("state").GetString()}: {(end.TryGetProperty("detail", out JsonElement detail) ? detail.GetString() : "")}";
    }

    private static void Until(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Check.True(clock.Elapsed < TimeSpan.FromSeconds(60), "waited 60 s for " + what);
            System.Threading.Thread.Sleep(50);
        }
    }
}
