using System;
using System.Diagnostics;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.Demo;

/// <summary>A guest boots with two of four processors, gets the other two, gives one back, and powers off.</summary>
internal sealed class HotplugStory : IDisposable
{
    private const double BootSeconds = 180;
    private const double EventSeconds = 60;
    private const string GuestView = "nproc; cat /sys/devices/system/cpu/online; lscpu | grep -E '^CPU\\(s\\)|On-line|Socket|Core|Model name'";

    private readonly StoryConsole console;
    private readonly string limber;
    private readonly string kernel;
    private readonly string initramfs;
    private readonly TemporaryDirectory directory = new();
    private VmmProcess? process;
    private QmpClient? qmp;

    public HotplugStory(StoryConsole console, string limber, string guestDirectory)
    {
        this.console = console;
        this.limber = limber;
        kernel = System.IO.Path.Combine(guestDirectory, "vmlinux");
        initramfs = System.IO.Path.Combine(guestDirectory, "initramfs.cpio");
    }

    public void Play()
    {
        GuestConsole guest = Boot();
        console.Guest(GuestView.Replace("\\(s\\)", "", StringComparison.Ordinal), guest.Run(GuestView));

        console.Chapter("Two processors are plugged in");
        JsonElement slots = qmp!.Execute("query-hotpluggable-cpus");
        Plug(slots[1], "cpu-2");
        Plug(slots[0], "cpu-3");
        Run(guest, "cat /sys/devices/system/cpu/present");
        console.Say("Debian leaves new processors offline until somebody, usually a udev rule, brings them online:");
        long begin = Stopwatch.GetTimestamp();
        Run(guest, "echo 1 >/sys/devices/system/cpu/cpu2/online; echo 1 >/sys/devices/system/cpu/cpu3/online");
        console.Time("two processors brought online by the guest", Stopwatch.GetElapsedTime(begin));
        console.Guest("(the same view)", guest.Run(GuestView));

        console.Chapter("One is taken away again");
        Unplug("cpu-2");
        Run(guest, "nproc; cat /sys/devices/system/cpu/online; dmesg | tail -n 2");
        console.Say($"vCPU threads on the host: {process!.CountThreads("vcpu")}");
        qmp.Execute("x-limber-query-operations");

        console.Chapter("The guest powers off");
        guest.Type("poweroff -f");
        qmp.WaitEvent("SHUTDOWN", EventSeconds);
        int code = process.WaitForExit(30);
        console.Say($"limber ended with exit code {code}.");
        if (code != 0)
        {
            throw new ScenarioException($"exit code {code}; standard error: {process.Error.All}");
        }
    }

    public void Dispose()
    {
        qmp?.Dispose();
        process?.Dispose();
        directory.Dispose();
    }

    private GuestConsole Boot()
    {
        console.Chapter("An unmodified Debian kernel boots with 2 of 4 processors");
        string socket = directory["qmp-sock"];
        string[] arguments =
        [
            "-display", "none", "-no-user-config", "-nodefaults", "-machine", "q35,accel=kvm", "-m", "512", "-smp", "2,maxcpus=4",
            "-cpu", "host", "-qmp", $"unix:{socket},server=on,wait=off", "-serial", "stdio",
            "-kernel", kernel, "-initrd", initramfs, "-append", "console=ttyS0 quiet panic=-1 limber.noecho",
        ];
        console.Say($"$ limber {string.Join(' ', arguments)}");
        process = new VmmProcess(limber, arguments);
        var guest = new GuestConsole(process.Output, process.Type);
        try
        {
            qmp = QmpClient.Connect(socket, trace: console.Wire);
            console.Time("guest's shell is there after", console.WithProgress("booting", () => guest.WaitForPrompt(BootSeconds)));
        }
        catch (ScenarioException e) when (process.HasExited)
        {
            throw new ScenarioException($"{e.Message}; limber said: {process.Error.All}");
        }

        return guest;
    }

    private void Run(GuestConsole guest, string command) => console.Guest(command, guest.Run(command));

    private void Plug(JsonElement slot, string id)
    {
        JsonElement props = slot.GetProperty("props");
        long begin = Stopwatch.GetTimestamp();
        qmp!.Execute(
            "device_add",
            $$"""{"driver": "{{slot.GetProperty("type").GetString()}}", "id": "{{id}}", "socket-id": {{props.GetProperty("socket-id")}}, "core-id": {{props.GetProperty("core-id")}}, "thread-id": {{props.GetProperty("thread-id")}}}""");
        TimeSpan reply = Stopwatch.GetElapsedTime(begin);
        qmp.WaitEvent("ACPI_DEVICE_OST", EventSeconds);
        console.Time("reply", reply);
        console.Time("guest has added the processor", Stopwatch.GetElapsedTime(begin));
    }

    private void Unplug(string id)
    {
        long begin = Stopwatch.GetTimestamp();
        qmp!.Execute("device_del", $$"""{"id": "{{id}}"}""");
        TimeSpan reply = Stopwatch.GetElapsedTime(begin);
        qmp.WaitEvent("DEVICE_DELETED", EventSeconds, e => e.GetProperty("data").TryGetProperty("device", out _));
        console.Time("reply", reply);
        console.Time("guest has given the processor back", Stopwatch.GetElapsedTime(begin));
    }
}
