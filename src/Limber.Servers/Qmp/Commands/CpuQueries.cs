using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Devices;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Queries about processors and their hotplug.</summary>
internal static class CpuQueries
{
    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-hotpluggable-cpus", HotpluggableCpus),
        new NoArgumentCommand("query-cpus-fast", CpusFast),
        new NoArgumentCommand(
            "query-acpi-ospm-status",
            static context => context.Services.Ospm.Describe(context.Machine.GetCpuSlots())),
        new NoArgumentCommand("x-limber-query-operations", Operations) { AllowsOutOfBand = true },
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

    private static JsonValue Operations(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (IHotplugOperation operation in context.Machine.GetOperations())
        {
            result.Add(OperationJson.Describe(operation.Current));
        }

        return result;
    }

    /// <summary>Levels of which there is only one are left out, except those every client expects.</summary>
    private static JsonObject Properties(QmpContext context, CpuSlot slot)
    {
        CpuTopology topology = context.Services.Cpus.Topology;
        CpuLocation place = slot.Location;
        JsonObject properties = new() { { "core-id", place.CoreId }, { "thread-id", place.ThreadId } };
        if (topology.Modules > 1)
        {
            properties.Add("module-id", place.ModuleId);
        }

        properties.Add("socket-id", place.SocketId);
        if (topology.Dies > 1)
        {
            properties.Add("die-id", place.DieId);
        }

        return properties;
    }
}
