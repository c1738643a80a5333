using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Rest.Json;
using Microsoft.Extensions.Primitives;

namespace Limber.Rest.Handlers;

/// <summary>
/// <c>vm.resize</c>. Everything is checked before anything is changed, and 204 means that the guest was asked;
/// <c>?wait=SECONDS</c> (an extension of this project) answers when the guest has done it, and <c>?deadline=SECONDS</c>
/// (another) is how long the guest has, whoever waits.
/// </summary>
internal sealed class ResizeHandler(MachineGate gate)
{
    private const string CpuFailure = "Error from CPU manager";
    private const int MaxWaitSeconds = 86_400;

    public async Task<RestReply> Resize(RestRequest request)
    {
        TimeSpan? wait = ParseWait(request.Query("wait"));
        TimeSpan? deadline = ParseDeadline(request.Query("deadline"));
        VmResize body = await request.ReadJsonAsync(RestJson.Context.VmResize).ConfigureAwait(false);
        IReadOnlyList<IHotplugOperation> operations =
            await gate.ChangeAsync(machine => Apply(machine, body, deadline)).ConfigureAwait(false);
        return wait is { } limit
            ? await WaitAsync(operations, limit, request.Aborted).ConfigureAwait(false)
            : RestReply.NoContent;
    }

    private static IReadOnlyList<IHotplugOperation> Apply(IVirtualMachine machine, VmResize body, TimeSpan? deadline)
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
            return ResizeVcpus(machine, desired, deadline);
        }
        catch (VmException refusal) when (refusal.Code != VmErrorCode.RemovalPending)
        {
            throw RestException.Refused(500, CpuFailure, refusal.Message);
        }
    }

    private static IReadOnlyList<IHotplugOperation> ResizeVcpus(IVirtualMachine machine, uint desired, TimeSpan? deadline)
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

        return desired > plugged
            ? machine.PlugCpus(LowestFree(slots, (int)desired - plugged), deadline)
            : machine.UnplugCpus(HighestOccupied(slots, plugged - (int)desired), deadline);
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

    private async Task<RestReply> WaitAsync(
        IReadOnlyList<IHotplugOperation> operations, TimeSpan limit, CancellationToken aborted)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(aborted, gate.Stopping);
        try
        {
            await Task.WhenAll(operations.Select(operation => operation.Completion))
                .WaitAsync(limit, either.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            // The server stops: the answer is what is known now.
        }

        string[] open =
        [
            .. operations.Select(operation => operation.Current)
                .Where(operation => operation.State != OperationState.Completed)
                .Select(operation => OperationBody.Of(operation).Describe()),
        ];
        return open.Length == 0 ? RestReply.NoContent : throw RestException.Refused(500, open);
    }

    private static TimeSpan? ParseDeadline(StringValues values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        return OperationDeadline.TryParse(values.ToString(), out TimeSpan deadline)
            ? deadline
            : throw RestException.Malformed("Bad Request", $"deadline is '{values}'; it must be {OperationDeadline.Rule}");
    }

    private static TimeSpan? ParseWait(StringValues values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        bool valid = decimal.TryParse(
            values.ToString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds);
        return valid && seconds <= MaxWaitSeconds
            ? TimeSpan.FromMilliseconds((double)(seconds * 1000))
            : throw RestException.Malformed("Bad Request", $"wait is '{values}'; it must be a number of seconds from 0 to {MaxWaitSeconds}");
    }
}
