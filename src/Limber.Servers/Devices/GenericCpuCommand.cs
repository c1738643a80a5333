using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Control;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>
/// The driver <c>generic-x86-cpu</c>: a processor named by its slot index <c>cpu-id</c>. The checks and their order are
/// StratoVirt's contract.
/// </summary>
internal sealed class GenericCpuCommand(IVirtualMachine machine)
{
    /// <summary>The slot index to plug, which is below <c>slots.Count</c>.</summary>
    /// <exception cref="QmpException">One of the checks failed.</exception>
    public int Choose(JsonObject members, string? id, IReadOnlyList<CpuSlot> slots, bool text)
    {
        long? index = ParseIndex(members, text);
        foreach ((string name, _) in members)
        {
            if (name is not ("driver" or "bus" or "id" or "cpu-id"))
            {
                throw new QmpException($"Property '{CpuTypeNames.Generic}.{name}' not found");
            }
        }

        if (id is "")
        {
            throw new QmpException("Device id is empty");
        }

        long wanted = index ?? throw new QmpException("Argument cpu-id is required.");
        int boot = machine.Config.Cpus.Boot;
        if (boot == slots.Count)
        {
            throw new QmpException("There is no hotpluggable cpu-id for this VM.");
        }

        if (wanted < boot)
        {
            throw new QmpException($"Cpu-id {wanted} already exist.");
        }

        if (wanted >= slots.Count)
        {
            throw new QmpException($"Max cpu-id is {slots.Count - 1}");
        }

        if (id is not null && slots.Any(slot => slot.Occupant?.Id == id))
        {
            throw new QmpException($"Device id {id} already existed.");
        }

        return slots[(int)wanted].Occupant is { } occupant
            ? throw new QmpException($"Cpu-id {wanted} is running, device id is {occupant.Id ?? occupant.Path}.")
            : (int)wanted;
    }

    private long? ParseIndex(JsonObject members, bool text)
    {
        if (!members.TryGet("cpu-id", out JsonValue value) || value.Kind == JsonKind.Null)
        {
            return null;
        }

        if (text && long.TryParse(value.AsString(), NumberStyles.None, CultureInfo.InvariantCulture, out long parsed))
        {
            value = parsed;
        }

        if (value.Kind is not (JsonKind.Integer or JsonKind.Unsigned))
        {
            throw new QmpException($"invalid type: {StratoVirtDeviceDialect.Describe(value)}, expected u8");
        }

        // The contract's type has 8 bits; machines with more processors accept what they have.
        long limit = Math.Max(byte.MaxValue, machine.Config.Cpus.Max - 1);
        return value.Kind == JsonKind.Integer && value.AsInteger() >= 0 && value.AsInteger() <= limit
            ? value.AsInteger()
            : throw new QmpException($"invalid value: integer `{value}`, expected u8");
    }
}
