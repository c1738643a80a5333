using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config;
using Limber.Control;

namespace Limber.Servers.Hmp.Commands;

/// <summary><c>info numa</c>: the processors that are there now and the memory of each node.</summary>
internal static class NumaCommand
{
    private const int MebibyteShift = 20;

    public static void Show(HmpContext context, string argument)
    {
        NumaConfig numa = context.Machine.Config.Numa;
        IReadOnlyList<CpuSlot> slots = context.Machine.GetCpuSlots();
        IReadOnlyList<MemoryDeviceInfo> devices = context.Machine.Memory.GetMemoryDevices();
        Print(context, $"{numa.Count} nodes");
        for (int node = 0; node < numa.Count; node++)
        {
            IEnumerable<int> processors = slots
                .Where(slot => slot.Occupant is not null && numa.NodeOf(slot.Index) == node)
                .Select(slot => slot.Index);
            Print(context, $"node {node} cpus:{string.Concat(processors.Select(index => $" {index}"))}");
            ulong plugged = devices.Where(device => device.Node == node).Aggregate(0UL, static (sum, device) => sum + device.Size);
            Print(context, $"node {node} size: {(numa.NodeMemory[node] + plugged) >> MebibyteShift} MB");
            Print(context, $"node {node} plugged: {plugged >> MebibyteShift} MB");
        }
    }

    private static void Print(HmpContext context, System.FormattableString text) =>
        context.PrintLine(text.ToString(CultureInfo.InvariantCulture));
}
