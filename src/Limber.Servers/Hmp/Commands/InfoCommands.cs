using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Devices;
using Limber.Servers.Qmp;

namespace Limber.Servers.Hmp.Commands;

/// <summary>Items of <c>info</c>.</summary>
internal static class InfoCommands
{
    public static IReadOnlyList<HmpCommand> All { get; } =
    [
        new("cpus", string.Empty, "show infos for each CPU", HmpArgument.None, Cpus),
        new("hotpluggable-cpus", string.Empty, "Show information about hotpluggable CPUs", HmpArgument.None, HotpluggableCpus),
        new("kvm", string.Empty, "show KVM information", HmpArgument.None, static (context, _) => context.PrintLine("kvm support: enabled")),
        new("name", string.Empty, "show the current VM name", HmpArgument.None, Name),
        new("numa", string.Empty, "show NUMA information", HmpArgument.None, NumaCommand.Show),
        new("operations", string.Empty, "show hotplug operations and how they ended", HmpArgument.None, Operations),
        new("registers", "[-a]", "show the cpu registers (-a: all cpus)", HmpArgument.OptionalWord, RegistersCommand.Show),
        new("status", string.Empty, "show the current VM status (running|paused)", HmpArgument.None, Status),
        new("uuid", string.Empty, "show the current VM UUID", HmpArgument.None, static (context, _) =>
            context.PrintLine(context.Machine.Config.Uuid.ToString())),
        new("version", string.Empty, "show the version of QEMU", HmpArgument.None, static (context, _) =>
            context.PrintLine(ProductVersion.Qemu + ProductVersion.Package)),
    ];

    private static void Status(HmpContext context, string argument)
    {
        string name = QemuDialect.RunStateName(context.Machine.State);
        context.PrintLine("VM status: " + (name is "running" or "paused" ? name : $"paused ({name})"));
    }

    private static void Name(HmpContext context, string argument)
    {
        if (context.Machine.Config.Name is { } name)
        {
            context.PrintLine(name);
        }
    }

    private static void Cpus(HmpContext context, string argument)
    {
        CpuSlot[] plugged = [.. CpuSlotOrder.ByPlugOrder(context.Machine.GetCpuSlots())];
        CpuSlot current = plugged.FirstOrDefault(slot => slot.Index == context.Focus.CpuIndex) ?? plugged[0];
        foreach (CpuSlot slot in plugged)
        {
            string mark = slot == current ? "* " : "  ";
            context.PrintLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{mark}CPU #{slot.Index}: thread_id={slot.Occupant!.ThreadId}"));
        }
    }

    private static void HotpluggableCpus(HmpContext context, string argument)
    {
        CpuTopology topology = context.Services.Cpus.Topology;
        context.PrintLine("Hotpluggable CPUs:");
        foreach (CpuSlot slot in context.Machine.GetCpuSlots().Reverse())
        {
            context.PrintLine($"  type: \"{context.Services.Cpus.TypeName}\"");
            context.PrintLine("  vcpus_count: \"1\"");
            if (slot.Occupant is { } occupant)
            {
                context.PrintLine($"  qom_path: \"{occupant.Path}\"");
            }

            context.PrintLine("  CPUInstance Properties:");
            if (context.Machine.Config.Numa.NodeOf(slot.Index) is int node)
            {
                PrintProperty(context, "node-id", node);
            }

            PrintProperty(context, "socket-id", slot.Location.SocketId);
            if (topology.Dies > 1)
            {
                PrintProperty(context, "die-id", slot.Location.DieId);
            }

            if (topology.Modules > 1)
            {
                PrintProperty(context, "module-id", slot.Location.ModuleId);
            }

            PrintProperty(context, "core-id", slot.Location.CoreId);
            PrintProperty(context, "thread-id", slot.Location.ThreadId);
        }
    }

    private static void PrintProperty(HmpContext context, string name, int value) =>
        context.PrintLine($"    {name}: \"{value.ToString(CultureInfo.InvariantCulture)}\"");

    private static void Operations(HmpContext context, string argument)
    {
        foreach (IHotplugOperation operation in context.Machine.GetOperations())
        {
            context.PrintLine(Describe(operation.Current));
        }
    }

    /// <summary>An operation on one line.</summary>
    public static string Describe(OperationSnapshot now)
    {
        string kind = OperationJson.Kebab(now.Kind.ToString());
        string state = OperationJson.Kebab(now.State.ToString());
        string detail = now.Detail is { } words ? $" ({words})" : string.Empty;
        string cpu = now.CpuIndex >= 0 ? $"CPU {now.CpuIndex} " : string.Empty;
        string aftermath = now.Aftermath is { } later ? $"; later: {later}" : string.Empty;
        return $"#{now.Id} {kind} {cpu}{now.Target}: {state}{detail}{aftermath}";
    }
}
