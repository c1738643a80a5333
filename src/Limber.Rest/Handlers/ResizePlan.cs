using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Control;
using Limber.Rest.Json;

namespace Limber.Rest.Handlers;

/// <summary>
/// One <c>vm.resize</c>: all that can be known is checked first, then memory, processors and balloon are changed in this order, so that what is
/// most likely to fail does so while nothing has been changed. Made and carried out inside one turn at the machine.
/// </summary>
internal sealed class ResizePlan
{
    private const string CpuFailure = "Error from CPU manager";
    private const string MemoryFailure = "Memory manager error";
    private const string DeviceFailure = "Error from device manager";

    private readonly IVirtualMachine machine;
    private readonly ulong? ram;
    private readonly CpuPlugRequest[] plugs = [];
    private readonly int[] unplugs = [];
    private readonly ulong? balloon;

    /// <exception cref="RestException">The request can't be carried out as a whole; nothing is changed.</exception>
    public ResizePlan(IVirtualMachine machine, VmResize body)
    {
        this.machine = machine;
        MemorySummary summary = machine.Memory.GetSummary();
        if (body.DesiredVcpus is { } desired)
        {
            (plugs, unplugs) = Processors(desired);
        }

        // A machine whose memory stays as it is has what it is asked for, or refuses. Any other decides itself: a resize may be pending.
        bool isFixed = summary.MaximumSize <= summary.BaseSize;
        ram = body.DesiredRam is { } size && !(isFixed && size == summary.TotalSize) ? size : null;
        balloon = body.DesiredBalloon is { } given ? Balloon(given, summary) : null;
    }

    /// <summary>Carries the plan out.</summary>
    /// <param name="deadline">How long the guest has for each part; null for the machine's default.</param>
    /// <param name="online">Have the guest's agent bring new processors online.</param>
    /// <exception cref="RestException">The machine refused, and nothing is changed, or the causes say what is.</exception>
    public ResizeOutcome Apply(TimeSpan? deadline, bool online)
    {
        MemoryResize? memory = ram is { } size ? Resize(size, deadline) : null;
        IReadOnlyList<IHotplugOperation> operations = memory?.Operations ?? [];
        try
        {
            operations = [.. operations, .. Change(deadline, online)];
        }
        catch (VmException refusal)
        {
            throw Undone(refusal, operations);
        }

        if (balloon is { } bytes)
        {
            machine.Devices.SetBalloon(bytes);
        }

        return new ResizeOutcome(memory, operations);
    }

    private IReadOnlyList<IHotplugOperation> Change(TimeSpan? deadline, bool online) =>
        plugs.Length > 0 ? (online ? machine.PlugCpusOnline(plugs, deadline) : machine.PlugCpus(plugs, deadline))
        : unplugs.Length > 0 ? machine.UnplugCpus(unplugs, deadline)
        : [];

    private MemoryResize Resize(ulong size, TimeSpan? deadline)
    {
        try
        {
            return machine.Memory.Resize(size, deadline);
        }
        catch (VmException refusal) when (refusal.Code != VmErrorCode.RemovalPending)
        {
            string[] causes = refusal.Code switch
            {
                VmErrorCode.NoFreeSlot => ["No ACPI slot available", refusal.Message],
                VmErrorCode.NoMemorySpace => ["Not enough space in the hotplug RAM region", refusal.Message],
                _ => [refusal.Message],
            };
            throw RestException.Refused(500, [MemoryFailure, .. causes]);
        }
    }

    // Only the host can refuse processors that were checked, or another client who was faster. What the guest has not read yet is taken back.
    private static RestException Undone(VmException refusal, IReadOnlyList<IHotplugOperation> begun)
    {
        string[] kept =
        [
            .. begun.Where(static operation => !operation.TryCancel()).Select(static operation => OperationBody.Of(operation.Current).Describe()),
        ];
        int status = refusal.Code == VmErrorCode.RemovalPending ? 429 : 500;
        return RestException.Refused(status, [CpuFailure, refusal.Message, .. kept]);
    }

    private (CpuPlugRequest[] Plugs, int[] Unplugs) Processors(uint desired)
    {
        IReadOnlyList<CpuSlot> slots = machine.GetCpuSlots();
        int plugged = slots.Count(slot => slot.Occupant is not null);
        if (desired == plugged)
        {
            return ([], []);
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
            ? (LowestFree(slots, (int)desired - plugged), [])
            : ([], HighestOccupied(slots, plugged - (int)desired));
    }

    private ulong? Balloon(ulong desired, MemorySummary summary)
    {
        if (machine.Devices.GetBalloon() is null)
        {
            return desired == 0 ? null : throw RestException.Refused(500, DeviceFailure, "the VM has no balloon; --balloon size=0 gives it one");
        }

        // DIMMs count as soon as they are plugged in, and that is before the balloon's turn.
        bool grows = machine.Config.Memory.HotplugMethod == MemoryHotplugMethod.Acpi && ram > summary.TotalSize;
        ulong all = grows ? ram!.Value : summary.TotalSize;
        return desired < all
            ? desired
            : throw RestException.Refused(500, DeviceFailure, $"desired_balloon {desired} does not leave the guest any of its {all} bytes");
    }

    private static CpuPlugRequest[] LowestFree(IReadOnlyList<CpuSlot> slots, int count) =>
        [.. slots.Where(slot => slot.Occupant is null).Take(count).Select(slot => new CpuPlugRequest(slot.Index, null))];

    /// <summary>Slot 0 is not among them: the guest's ACPI can't eject it, and at least one processor stays anyway.</summary>
    private static int[] HighestOccupied(IReadOnlyList<CpuSlot> slots, int count) =>
        [.. slots.Where(slot => slot.Index > 0 && slot.Occupant is not null).Select(slot => slot.Index).TakeLast(count)];
}
