using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>
/// Changes the number of processors in one step: the guest is notified once, and either all or none is changed.
/// </summary>
internal static class CpuResize
{
    /// <summary>
    /// Plugs into the lowest free slots, or asks the highest processors back. Processors whose removal is pending count as
    /// gone; their slots are not free yet.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="wanted">How many processors there are to be.</param>
    /// <param name="deadline">For the guest's answer; null for the machine's own.</param>
    /// <param name="online">The guest's agent is to bring new ones online.</param>
    /// <returns>One operation for each processor, and one for bringing new ones online; none when the number is right already.</returns>
    /// <exception cref="QmpException">The number is out of range, or there are too few slots to change.</exception>
    /// <exception cref="VmException">The machine refused, such as when another client was faster.</exception>
    public static IReadOnlyList<IHotplugOperation> To(IVirtualMachine machine, long wanted, TimeSpan? deadline = null, bool online = false)
    {
        IReadOnlyList<CpuSlot> slots = machine.GetCpuSlots();
        if (wanted < 1 || wanted > slots.Count)
        {
            throw new QmpException($"Parameter 'cpus' expects a number from 1 to {slots.Count}, not {wanted}");
        }

        List<CpuSlot> staying = [.. slots.Where(static slot => slot.Occupant is { RemovalPending: false })];
        int more = (int)wanted - staying.Count;
        if (more > 0)
        {
            return Grow(machine, slots, more, (deadline, online));
        }

        return more < 0 ? Shrink(machine, staying, -more, deadline) : [];
    }

    private static IReadOnlyList<IHotplugOperation> Grow(
        IVirtualMachine machine, IReadOnlyList<CpuSlot> slots, int count, (TimeSpan? Deadline, bool Online) how)
    {
        List<CpuPlugRequest> requests =
            [.. slots.Where(static slot => slot.Occupant is null).Take(count).Select(static slot => new CpuPlugRequest(slot.Index, null))];
        return requests.Count == count
            ? how.Online ? machine.PlugCpusOnline(requests, how.Deadline) : machine.PlugCpus(requests, how.Deadline)
            : throw new QmpException(
                $"{count} more CPUs need {count} free slots, but there are {requests.Count}: the guest has not given back the others yet");
    }

    private static IReadOnlyList<IHotplugOperation> Shrink(IVirtualMachine machine, List<CpuSlot> staying, int count, TimeSpan? deadline)
    {
        // Slot 0 has no way to be ejected.
        List<int> indexes =
            [.. staying.Select(static slot => slot.Index).Where(static index => index > 0).OrderDescending().Take(count)];
        return indexes.Count == count
            ? machine.UnplugCpus(indexes, deadline)
            : throw new QmpException($"{count} CPUs are to be removed, but only {indexes.Count} can be");
    }
}
