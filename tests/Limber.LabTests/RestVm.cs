using System;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A running machine in Cloud Hypervisor's style, whose devices come and go by REST.</summary>
internal sealed record RestVm(VmmProcess Process, RestClient Api)
{
    private const double BootSeconds = 120;

    /// <summary>The shell on the serial console.</summary>
    public GuestConsole Guest { get; } = new(Process.Output, Process.Type);

    /// <summary>Starts one of 512 MiB and two processors with the full initramfs and waits for the guest's shell.</summary>
    /// <param name="context">The scenario's.</param>
    /// <param name="modules">Modules that the guest loads, with commas.</param>
    /// <param name="initramfs">Another initramfs than the full one.</param>
    /// <param name="extra">More options.</param>
    public static RestVm Start(LabContext context, string modules, string? initramfs = null, params string[] extra)
    {
        string socket = context["api"];
        VmmProcess process = context.Start(
        [
            "cloud-hypervisor", "--kernel", context.Vmlinux, "--initramfs", initramfs ?? context.FullInitramfs,
            "--cmdline", $"console=ttyS0 quiet panic=-1 limber.noecho limber.mods={modules}",
            "--cpus", "boot=2", "--memory", "size=512M,shared=on", "--serial", "tty", "--console", "off", "--api-socket", socket, .. extra,
        ]);
        var vm = new RestVm(process, new RestClient(socket));
        vm.Guest.WaitForPrompt(BootSeconds);
        return vm;
    }

    /// <summary>Adds a device and returns its id.</summary>
    /// <param name="kind">Of <c>vm.add-KIND</c>.</param>
    /// <param name="body">The request's body.</param>
    public string Add(string kind, string body) => AddAt(kind, body).Id;

    /// <summary>Adds a device and returns its id and its place.</summary>
    public (string Id, string Bdf) AddAt(string kind, string body)
    {
        (int status, string reply) = Api.Send("PUT", "vm.add-" + kind, body);
        Check.Equal(200, status, $"vm.add-{kind} {body}: {reply}");
        JsonElement device = JsonDocument.Parse(reply).RootElement;
        return (device.GetProperty("id").GetString()!, device.GetProperty("bdf").GetString()!);
    }

    /// <summary>Asks for a removal and waits until it is complete.</summary>
    public void Remove(string id) => Check.Equal(
        (204, ""), Api.Send("PUT", "vm.remove-device?wait=60", $$"""{"id":"{{id}}"}"""), $"vm.remove-device {id}");

    /// <inheritdoc cref="GuestDiagnosis.Watch"/>
    public void Watch(Action story) => GuestDiagnosis.Watch(
        Process, Guest, () => Api.Send("GET", "vm.operations").Body + "\n" + Api.Send("GET", "vm.counters").Body, story);

    /// <summary>The machine has no thread of a device, and no more descriptors than after an earlier removal.</summary>
    public void ExpectNothingLeft(string id, int descriptors)
    {
        Check.Equal(descriptors, Process.CountSettledDescriptors(), $"descriptors of the machine after the removal of {id}");
        Check.Equal(0, Process.CountThreads(id), $"threads of {id}");
    }

    /// <summary>Powers the guest off; the process must end with 0.</summary>
    public void PowerOff(string command = "poweroff -f")
    {
        Guest.Type(command);
        Check.Equal(0, Process.WaitForExit(60), "exit code");
    }
}
