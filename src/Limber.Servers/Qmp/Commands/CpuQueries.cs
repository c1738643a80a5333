using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Devices;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Queries about processors and their hotplug.</summary>
internal static class CpuQueries
{
    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-hotpluggable-cpus", MachineTypes.HotpluggableCpus, HotpluggableCpus),
        new NoArgumentCommand("query-cpus-fast", MachineTypes.CpusFast, CpusFast),
        new NoArgumentCommand("query-cpus", MachineTypes.Cpus, Cpus),
        new NoArgumentCommand(
            "query-acpi-ospm-status",
            new QmpArrayType(MachineTypes.OspmStatus),
            static context => context.Services.Ospm.Describe(context.Machine)),
        new NoArgumentCommand("x-limber-query-operations", MachineTypes.Operations, Operations) { AllowsOutOfBand = true },
    ];

    /// <summary>From the highest slot down, as QEMU's clients are used to.</summary>
    private static JsonValue HotpluggableCpus(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (CpuSlot slot in context.Machine.GetCpuSlots().Reverse())
        {
            JsonObject entry = new() { { "props", Properties(context, slot) }, { "vcpus-count", 1 } };
            if (slot.Occupant is { } occupant)
            {
                entry.Add("qom-path", occupant.Path);
            }

            entry.Add("type", context.Services.Cpus.TypeName);
            result.Add(entry);
        }

        return result;
    }

    /// <summary>Plugged processors in the order they were plugged.</summary>
    private static JsonValue CpusFast(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (CpuSlot slot in CpuSlotOrder.ByPlugOrder(context.Machine.GetCpuSlots()))
        {
            result.Add(new JsonObject
            {
                { "thread-id", slot.Occupant!.ThreadId },
                { "props", Properties(context, slot) },
                { "qom-path", slot.Occupant.Path },
                { "cpu-index", slot.Index },
                { "target", "x86_64" },
            });
        }

        return result;
    }

    /// <summary>The old list, as StratoVirt's clients read it; here it also has the processors plugged later.</summary>
    private static JsonValue Cpus(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (CpuSlot slot in CpuSlotOrder.ByPlugOrder(context.Machine.GetCpuSlots()))
        {
            CpuLocation place = slot.Location;
            result.Add(new JsonObject
            {
                { "arch", "x86" },
                { "current", result.Count == 0 },
                { "qom_path", slot.Occupant!.Path },

                // Whether a processor idles is not asked: the answer would stop it.
                { "halted", false },
                {
                    "props",
                    new JsonObject
                    {
                        { "socket-id", place.SocketId },
                        { "die_id", place.DieId },
                        { "thread-id", place.ThreadId },
                        { "core-id", place.CoreId },
                    }
                },
                { "CPU", slot.Index },
                { "thread_id", slot.Occupant.ThreadId },
            });
        }

        return result;
    }

    private static JsonValue Operations(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (IHotplugOperation operation in context.Machine.GetOperations())
        {
            result.Add(OperationJson.Describe(operation.Current));
        }

        return result;
    }

    /// <summary>Levels of which there is only one are left out, except those every client expects; so is the node without NUMA.</summary>
    private static JsonObject Properties(QmpContext context, CpuSlot slot)
    {
        CpuTopology topology = context.Services.Cpus.Topology;
        CpuLocation place = slot.Location;
        JsonObject properties = new() { { "core-id", place.CoreId }, { "thread-id", place.ThreadId } };
        if (topology.Dies > 1)
        {
            properties.Add("die-id", place.DieId);
        }

        if (context.Machine.Config.Numa.NodeOf(slot.Index) is int node)
        {
            properties.Add("node-id", node);
        }

        properties.Add("socket-id", place.SocketId);
        if (topology.Modules > 1)
        {
            properties.Add("module-id", place.ModuleId);
        }

        return properties;
    }
}
