using System;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A running machine in Cloud Hypervisor's style, whose devices come and go by REST.</summary>
internal sealed record RestVm(VmmProcess Process, GuestConsole Guest, RestClient Api)
{
    private const double BootSeconds = 120;

    /// <summary>Starts one with the full initramfs and waits for the guest's shell.</summary>
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
        var guest = new GuestConsole(process.Output, process.Type);
        guest.WaitForPrompt(BootSeconds);
        return new RestVm(process, guest, new RestClient(socket));
    }

    /// <summary>Adds a device and returns its id.</summary>
    public string Add(string kind, string body)
    {
        (int status, string reply) = Api.Send("PUT", "vm.add-" + kind, body);
        Check.Equal(200, status, $"vm.add-{kind} {body}: {reply}");
        return JsonDocument.Parse(reply).RootElement.GetProperty("id").GetString()!;
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
        Deadline deadline = Deadline.In(10);
        while (Process.CountDescriptors() > descriptors && !deadline.HasPassed)
        {
            System.Threading.Thread.Sleep(50);
        }

        Check.Equal(descriptors, Process.CountDescriptors(), $"descriptors of the machine after the removal of {id}");
        Check.Equal(0, Process.CountThreads(id), $"threads of {id}");
    }

    /// <summary>Powers the guest off; the process must end with 0.</summary>
    public void PowerOff()
    {
        Guest.Type("poweroff -f");
        Check.Equal(0, Process.WaitForExit(30), "exit code");
    }
}
