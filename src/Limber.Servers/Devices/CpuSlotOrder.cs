using System.Collections.Generic;
using System.Linq;
using Limber.Control;

namespace Limber.Servers.Devices;

/// <summary>Orders in which monitors list processors.</summary>
internal static class CpuSlotOrder
{
    /// <summary>Occupied slots in the order their processors were plugged.</summary>
    public static IEnumerable<CpuSlot> ByPlugOrder(IReadOnlyList<CpuSlot> slots) =>
        slots.Where(static slot => slot.Occupant is not null).OrderBy(static slot => slot.Occupant!.PlugOrder);
}
