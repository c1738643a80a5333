using System;
using System.Diagnostics;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.Demo;

/// <summary>The machine that a story is about: the process, its three kinds of clients, and its guest's shell.</summary>
internal sealed class StoryMachine : IDisposable
{
    /// <summary>Memory that is there when the guest starts.</summary>
    public const long BootMemory = 512 << 20;

    private const double BootSeconds = 180;
    private const double EventSeconds = 60;

    // ACPI 6.5, table 5.163: the notification that a status is about.
    private const int Inserted = 1;

    private readonly StoryConsole console;
    private readonly TemporaryDirectory directory = new();
    private readonly RestClient rest;
    private QmpClient? qmp;

    /// <summary>Starts it and returns when the guest's shell is there.</summary>
    /// <param name="console">Tells what goes over the wire.</param>
    /// <param name="limber">The executable.</param>
    /// <param name="kernel">vmlinux.</param>
    /// <param name="initramfs">With the modules of virtio.</param>
    public StoryMachine(StoryConsole console, string limber, string kernel, string initramfs)
    {
        this.console = console;
        string[] arguments =
        [
            "-display", "none", "-no-user-config", "-nodefaults", "-machine", "q35,accel=kvm", "-m", "512,slots=4,maxmem=2G", "-smp", "2,maxcpus=4",
            "-cpu", "host", "-qmp", $"unix:{this["qmp-sock"]},server=on,wait=off", "-x-limber", $"api-socket={this["ch.sock"]}", "-serial", "stdio",
            "-kernel", kernel, "-initrd", initramfs, "-append", "console=ttyS0 quiet panic=-1 limber.noecho limber.mods=virtio_pci,virtio_blk",
        ];
        console.Say($"$ limber {string.Join(' ', arguments)}");
        Process = new VmmProcess(limber, arguments);
        Guest = new GuestConsole(Process.Output, Process.Type);
        rest = new RestClient(this["ch.sock"]);
    }

    public VmmProcess Process { get; }

    public GuestConsole Guest { get; }

    private QmpClient Qmp => qmp ?? throw new InvalidOperationException("not booted");

    /// <summary>Path of a file of the story's own.</summary>
    public string this[string name] => directory[name];

    public void Boot()
    {
        try
        {
            qmp = QmpClient.Connect(this["qmp-sock"], trace: console.Wire);
            console.Time("guest's shell is there after", console.WithProgress("booting", () => Guest.WaitForPrompt(BootSeconds)));
        }
        catch (ScenarioException e) when (Process.HasExited)
        {
            throw new ScenarioException($"{e.Message}; limber said: {Process.Error.All}");
        }
    }

    /// <summary>A command in the guest's shell, told with what it prints.</summary>
    public void Run(string command) => console.Guest(command, Guest.Run(command));

    /// <summary>The same until it prints something else, as the guest may be a moment behind its own answer.</summary>
    public void RunUntil(string command, string expected)
    {
        Guest.RunUntil(command, expected, EventSeconds);
        console.Guest(command, expected);
    }

    public JsonElement Execute(string command, string? arguments = null) => Qmp.Execute(command, arguments);

    /// <summary>Plugs something in and waits for the guest's answer.</summary>
    /// <param name="arguments">Of device_add.</param>
    /// <param name="hasStatus">The guest reports a status about what is plugged in (<c>_OST</c>).</param>
    public void Plug(string arguments, bool hasStatus = true)
    {
        long begin = Stopwatch.GetTimestamp();
        Execute("device_add", arguments);
        console.Time("reply", Stopwatch.GetElapsedTime(begin));
        if (hasStatus)
        {
            Qmp.WaitEvent("ACPI_DEVICE_OST", EventSeconds, e => e.GetProperty("data").GetProperty("info").GetProperty("source").GetInt32() == Inserted);
            console.Time("the guest has it", Stopwatch.GetElapsedTime(begin));
        }
    }

    /// <summary>Takes something away and waits until it is gone.</summary>
    public void Unplug(string id)
    {
        long begin = Stopwatch.GetTimestamp();
        Execute("device_del", $$"""{"id": "{{id}}"}""");
        console.Time("reply", Stopwatch.GetElapsedTime(begin));
        Qmp.WaitEvent(
            "DEVICE_DELETED", EventSeconds, e => e.GetProperty("data").TryGetProperty("device", out JsonElement device) && device.GetString() == id);
        console.Time("the guest has given it back", Stopwatch.GetElapsedTime(begin));
    }

    /// <summary>A request to the REST interface, told as curl's; the reply's status.</summary>
    public int Put(string route, string body)
    {
        console.Say($"$ curl --unix-socket ch.sock -X PUT 'http://localhost/api/v1/{route}' -H 'Content-Type: application/json' -d '{body}'");
        (int status, string reply) = rest.Send("PUT", route, body);
        console.Wire($"S: {status} {reply}".TrimEnd());
        return status;
    }

    public void PowerOff()
    {
        Guest.Type("poweroff -f");
        Qmp.WaitEvent("SHUTDOWN", EventSeconds);
        int code = Process.WaitForExit(30);
        console.Say($"limber ended with exit code {code}.");
        if (code != 0)
        {
            throw new ScenarioException($"exit code {code}; standard error: {Process.Error.All}");
        }
    }

    public void Dispose()
    {
        qmp?.Dispose();
        Process.Dispose();
        directory.Dispose();
    }
}
