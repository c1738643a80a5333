using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Rest.Json;

namespace Limber.Rest.Handlers;

/// <summary>
/// <c>vm.resize</c>. Everything is checked before anything is changed, and 204 means that the guest was asked;
/// <c>?wait=SECONDS</c> (an extension of this project) answers when the guest has done it, and <c>?deadline=SECONDS</c>
/// (another) is how long the guest has, whoever waits. <c>?online=true</c> has the guest's agent bring new processors online.
/// </summary>
internal sealed class ResizeHandler(MachineGate gate)
{
    private const string CpuFailure = "Error from CPU manager";

    public async Task<RestReply> Resize(RestRequest request)
    {
        TimeSpan? wait = OperationWait.Parse(request.Query("wait"));
        TimeSpan? deadline = OperationWait.ParseDeadline(request.Query("deadline"));
        bool online = OperationWait.ParseSwitch("online", request.Query("online"));
        VmResize body = await request.ReadJsonAsync(RestJson.Context.VmResize).ConfigureAwait(false);
        IReadOnlyList<IHotplugOperation> operations =
            await gate.ChangeAsync(machine => Apply(machine, body, (deadline, online))).ConfigureAwait(false);
        return wait is { } limit
            ? await OperationWait.ForAsync(gate, operations, limit, request.Aborted).ConfigureAwait(false)
            : RestReply.NoContent;
    }

    private static IReadOnlyList<IHotplugOperation> Apply(IVirtualMachine machine, VmResize body, (TimeSpan? Deadline, bool Online) how)
    {
        ulong ram = machine.Config.Memory.Size;
        RequireUnchanged("desired_ram", body.DesiredRam, ram, "memory hotplug is not built yet");
        RequireUnchanged("desired_balloon", body.DesiredBalloon, 0, "memory ballooning is not built yet");
        if (body.DesiredVcpus is not { } desired)
        {
            return [];
        }

        try
        {
            return ResizeVcpus(machine, desired, how);
        }
        catch (VmException refusal) when (refusal.Code != VmErrorCode.RemovalPending)
        {
            throw RestException.Refused(500, CpuFailure, refusal.Message);
        }
    }

    private static IReadOnlyList<IHotplugOperation> ResizeVcpus(
        IVirtualMachine machine, uint desired, (TimeSpan? Deadline, bool Online) how)
    {
        IReadOnlyList<CpuSlot> slots = machine.GetCpuSlots();
        int plugged = slots.Count(slot => slot.Occupant is not null);
        if (desired == plugged)
        {
            return [];
        }

        if (desired == 0)
        {
            throw RestException.Refused(500, CpuFailure, "desired_vcpus is 0; at least 1 vCPU must remain");
        }

        if (slots.FirstOrDefault(slot => slot.Occupant is { RemovalPending: true }) is { } pending)
        {
            throw RestException.Refused(429, CpuFailure, $"the removal of vCPU {pending.Index} is still pending");
        }

        if (desired > slots.Count)
        {
            throw RestException.Refused(500, CpuFailure, "Requested vCPUs exceed maximum");
        }

        if (desired < plugged)
        {
            return machine.UnplugCpus(HighestOccupied(slots, plugged - (int)desired), how.Deadline);
        }

        CpuPlugRequest[] requests = LowestFree(slots, (int)desired - plugged);
        return how.Online ? machine.PlugCpusOnline(requests, how.Deadline) : machine.PlugCpus(requests, how.Deadline);
    }

    private static CpuPlugRequest[] LowestFree(IReadOnlyList<CpuSlot> slots, int count) =>
        [.. slots.Where(slot => slot.Occupant is null).Take(count).Select(slot => new CpuPlugRequest(slot.Index, null))];

    /// <summary>Slot 0 is not among them: the guest's ACPI can't eject it, and at least one processor stays anyway.</summary>
    private static int[] HighestOccupied(IReadOnlyList<CpuSlot> slots, int count) =>
        [.. slots.Where(slot => slot.Index > 0 && slot.Occupant is not null).Select(slot => slot.Index).TakeLast(count)];

    private static void RequireUnchanged(string name, ulong? desired, ulong current, string cause)
    {
        if (desired is { } value && value != current)
        {
            throw RestException.Refused(
                500, $"{cause}: {name} is {value}, the current value is {current}; nothing was changed");
        }
    }
}
