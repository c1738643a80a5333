using System;
using System.Threading.Tasks;
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

    /// <summary>Always refused: all memory is one zone, which is no zone of the user's.</summary>
    public async Task<RestReply> ResizeZone(RestRequest request)
    {
        VmResizeZone body = await request.ReadJsonAsync(RestJson.Context.VmResizeZone).ConfigureAwait(false);
        throw body is { Id: { } id, DesiredRam: not null }
            ? RestException.Refused(500, "Memory manager error", $"there is no memory zone '{id}': the VM has no zones of its own, and vm.resize changes its memory")
            : RestException.Malformed("Bad Request", "id or desired_ram is missing");
    }
}
