using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A running machine in QEMU's style with a REST socket, so that devices come and go by QMP and by REST.</summary>
internal sealed record BothVm(LabVm Vm, RestClient Api)
{
    private const double Patience = 60;

    public GuestConsole Guest => Vm.Guest;

    public VmmProcess Process => Vm.Process;

    public QmpClient Qmp => Vm.Qmp;

    /// <summary>Starts one of 512 MiB and two processors, with a free port <c>rp1</c>, and waits for the guest's shell.</summary>
    /// <param name="context">The scenario's.</param>
    /// <param name="modules">Modules that the guest loads, with commas.</param>
    /// <param name="initramfs">Another initramfs than the full one.</param>
    /// <param name="extra">More options.</param>
    public static BothVm Start(LabContext context, string modules, string? initramfs = null, params string[] extra)
    {
        string socket = context["api"];
        LabVm vm = context.StartGuest(
            "2",
            append: "limber.mods=" + modules,
            extra:
            [
                "-initrd", initramfs ?? context.FullInitramfs, "-x-limber", "api-socket=" + socket,
                "-device", "pcie-root-port,id=rp1,bus=pcie.0,addr=0x10,chassis=1", .. extra,
            ]).Booted();
        return new BothVm(vm, new RestClient(socket));
    }

    /// <summary>Adds a device by REST.</summary>
    /// <param name="kind">Of <c>vm.add-KIND</c>.</param>
    /// <param name="body">The request's body.</param>
    public void AddByRest(string kind, string body)
    {
        (int status, string reply) = Api.Send("PUT", "vm.add-" + kind, body);
        Check.Equal(200, status, $"vm.add-{kind} {body}: {reply}");
    }

    /// <summary>Removes a device by REST and waits until it is gone; the event on QMP is taken, too.</summary>
    public void RemoveByRest(string id)
    {
        Check.Equal((204, ""), Api.Send("PUT", "vm.remove-device?wait=60", $$"""{"id":"{{id}}"}"""), $"vm.remove-device {id}");
        WaitDeleted(id);
    }

    /// <summary>Removes a device by QMP and waits until it is gone.</summary>
    public void RemoveByQmp(string id)
    {
        Qmp.Execute("device_del", $$"""{"id": "{{id}}"}""");
        WaitDeleted(id);
    }

    /// <summary>Takes the event of a removal.</summary>
    public void WaitDeleted(string id) => Qmp.WaitEvent("DEVICE_DELETED", Patience, e => HasDevice(e, id));

    /// <summary>Takes the event that a device's host side failed, by one of the two names.</summary>
    public JsonElement WaitFailure(string name, string id) =>
        Qmp.WaitEvent(name, Patience, e => HasDevice(e, id)).GetProperty("data");

    /// <summary>Number of the newest hotplug operation; each plug and each removal takes the next.</summary>
    public long LastOperation() => JsonDocument.Parse(Api.Send("GET", "vm.operations").Body).RootElement.EnumerateArray()
        .Select(o => o.GetProperty("id").GetInt64()).DefaultIfEmpty(0).Max();

    /// <summary>Waits until the guest has answered a request.</summary>
    public void WaitCompleted(long operation)
    {
        Deadline deadline = Deadline.In(Patience);
        while (true)
        {
            JsonElement body = JsonDocument.Parse(
                Api.Send("GET", "vm.operations/" + operation.ToString(CultureInfo.InvariantCulture)).Body).RootElement;
            if (body.TryGetProperty("final", out JsonElement final) && final.GetBoolean())
            {
                Check.Equal("completed", body.GetProperty("state").GetString(), $"operation {body.GetRawText()}");
                return;
            }

            Check.True(!deadline.HasPassed, $"operation {operation} has not ended within {Patience} s: {body.GetRawText()}");
            Thread.Sleep(10);
        }
    }

    /// <summary>The machine has no thread of a device, and no more descriptors than after an earlier removal.</summary>
    public void ExpectNothingLeft(string id, int descriptors)
    {
        Check.Equal(descriptors, Process.CountSettledDescriptors(), $"descriptors of the machine after the removal of {id}");
        Check.Equal(0, Process.CountThreads(id), $"threads of {id}");
    }

    /// <inheritdoc cref="GuestDiagnosis.Watch"/>
    public void Watch(Action story) => GuestDiagnosis.Watch(
        Process, Guest, () => Api.Send("GET", "vm.operations").Body + "\n" + Api.Send("GET", "vm.counters").Body, story);

    // A disk's own errors name the drive as the device, if it has one of that kind; the path tells which disk.
    private static bool HasDevice(JsonElement e, string id)
    {
        JsonElement data = e.GetProperty("data");
        return (data.TryGetProperty("device", out JsonElement device) && device.GetString() == id)
            || (data.TryGetProperty("qom-path", out JsonElement path) && path.GetString()!.StartsWith($"/machine/peripheral/{id}/", StringComparison.Ordinal));
    }
}
