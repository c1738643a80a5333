using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Control;

namespace Limber.Machine;

/// <summary>What must hold before a change of the processors begins. Nothing is changed here.</summary>
internal static class ProcessorChecks
{
    /// <summary>All of the requests can be carried out.</summary>
    /// <exception cref="VmException">One can't; the error names it.</exception>
    public static void RequirePluggable(IReadOnlyList<CpuSlotState> slots, IReadOnlyList<CpuPlugRequest> requests)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var indexes = new HashSet<int>();
        foreach (CpuPlugRequest request in requests)
        {
            if (request.Id is { } id && (!ids.Add(id) || slots.Any(s => s.IsOccupied && s.Id == id)))
            {
                throw new VmException(VmErrorCode.DuplicateId, $"a device with the id '{id}' exists") { CpuIndex = request.Index, DeviceId = id };
            }

            RequireIndex(slots, request.Index);
            CpuSlotState slot = slots[request.Index];
            if (slot.IsOccupied || !indexes.Add(request.Index))
            {
                throw new VmException(VmErrorCode.CpuSlotOccupied, $"CPU {request.Index} is plugged in as '{slot.Target}'")
                {
                    CpuIndex = request.Index,
                    DeviceId = slot.Id,
                };
            }
        }
    }

    /// <summary>The guest can be asked to give the processor back.</summary>
    /// <exception cref="VmException">It can't.</exception>
    public static void RequireRemovable(IReadOnlyList<CpuSlotState> slots, int index)
    {
        RequireIndex(slots, index);
        if (!slots[index].IsOccupied)
        {
            throw new VmException(VmErrorCode.CpuSlotEmpty, $"CPU {index} is not plugged in") { CpuIndex = index };
        }

        if (index == 0)
        {
            throw new VmException(VmErrorCode.BootCpu, "CPU 0 starts the guest and can't be removed") { CpuIndex = index };
        }
    }

    private static void RequireIndex(IReadOnlyList<CpuSlotState> slots, int index)
    {
        if (index < 0 || index >= slots.Count)
        {
            throw new VmException(VmErrorCode.CpuIndexOutOfRange, $"CPU {index} is not in 0..{slots.Count - 1}") { CpuIndex = index };
        }
    }
}
