using System;
using System.Linq;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Rest.Json;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Handlers;

/// <summary>
/// <c>vm.resize</c> and <c>vm.resize-zone</c>. Everything is checked before anything is changed, and 204 means that the guest was asked;
/// <c>?wait=SECONDS</c> (an extension of this project) answers when the guest has done it, and <c>?deadline=SECONDS</c>
/// (another) is how long the guest has, whoever waits. <c>?online=true</c> has the guest's agent bring new processors online.
/// </summary>
internal sealed class ResizeHandler(MachineGate gate)
{
    public async Task<RestReply> Resize(RestRequest request)
    {
        TimeSpan? wait = OperationWait.Parse(request.Query("wait"));
        TimeSpan? deadline = OperationWait.ParseDeadline(request.Query("deadline"));
        bool online = OperationWait.ParseSwitch("online", request.Query("online"));
        VmResize body = await request.ReadJsonAsync(RestJson.Context.VmResize).ConfigureAwait(false);
        ResizeOutcome outcome = await gate.ChangeAsync(machine => new ResizePlan(machine, body).Apply(deadline, online)).ConfigureAwait(false);
        if (wait is not { } limit)
        {
            return RestReply.NoContent;
        }

        RestReply reply = await OperationWait.ForAsync(gate, outcome.Operations, limit, request.Aborted).ConfigureAwait(false);
        return outcome.Remainder is { } remainder ? throw RestException.Refused(500, "Memory manager error", remainder) : reply;
    }

    /// <summary>Zones of the user's, which grow by virtio-mem. The size is that of the zone, its boot memory included.</summary>
    public async Task<RestReply> ResizeZone(RestRequest request)
    {
        TimeSpan? wait = OperationWait.Parse(request.Query("wait"));
        TimeSpan? deadline = OperationWait.ParseDeadline(request.Query("deadline"));
        VmResizeZone body = await request.ReadJsonAsync(RestJson.Context.VmResizeZone).ConfigureAwait(false);
        if (body is not { Id: { } id, DesiredRam: { } size })
        {
            throw RestException.Malformed("Bad Request", "id or desired_ram is missing");
        }

        IHotplugOperation operation = await gate.ChangeAsync(machine => ResizeZone(machine, id, size, deadline)).ConfigureAwait(false);
        return wait is { } limit ? await OperationWait.ForAsync(gate, [operation], limit, request.Aborted).ConfigureAwait(false) : RestReply.NoContent;
    }

    private static IHotplugOperation ResizeZone(IVirtualMachine machine, string id, ulong size, TimeSpan? deadline)
    {
        MemoryConfig memory = machine.Config.Memory;
        MemoryZoneConfig zone = memory.Zones.FirstOrDefault(z => z.Id == id) ?? throw Refused(
            memory.Zones.IsEmpty
                ? $"there is no memory zone '{id}': the VM has no zones of its own, and vm.resize changes its memory"
                : $"there is no memory zone '{id}'; there is {string.Join(", ", memory.Zones.Select(z => z.Id))}");
        if (size < zone.Size || size - zone.Size > zone.HotplugSize)
        {
            throw Refused($"memory zone '{id}' can have {zone.Size} to {zone.Size + zone.HotplugSize} bytes, not {size}");
        }

        if (zone.HotplugSize == 0)
        {
            throw Refused($"memory zone '{id}' has no hotplug_size: it stays as it is");
        }

        try
        {
            return machine.Memory.SetRequestedSize(id, size - zone.Size, deadline);
        }
        catch (VmException refusal)
        {
            throw Refused(refusal.Message);
        }
    }

    private static RestException Refused(string what) => RestException.Refused(500, "Memory manager error", what);
}
