using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>
/// device_add, device_del and cpu-add for processors: the one implementation behind QMP and HMP. The order of checks is
/// driver, bus, id, properties, processor type, location, slot; the machine has the last word. Thread: any.
/// </summary>
internal sealed class CpuDeviceCommands(IVirtualMachine machine)
{
    private readonly GenericCpuCommand generic = new(machine);

    /// <summary>The device type that can be plugged.</summary>
    public string TypeName { get; } = machine.CpuModelName + CpuTypeNames.Suffix;

    public CpuTopology Topology => machine.Config.Cpus.Topology;

    /// <summary>Ids a client can remove now.</summary>
    public IEnumerable<string> RemovableIds =>
        machine.GetCpuSlots().Where(static slot => slot.Occupant?.Id is not null).Select(static slot => slot.Occupant!.Id!);

    /// <summary>Plugs a processor.</summary>
    /// <param name="members">driver, id, bus and properties.</param>
    /// <param name="dialect">Wording.</param>
    /// <param name="syntax">Where the members come from.</param>
    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public void Add(JsonObject members, DeviceDialect dialect, ValueSyntax syntax = ValueSyntax.Message)
    {
        dialect.CheckMembers(members);
        string driver = Text(members, "driver") ?? throw QmpException.Missing("driver");
        bool isGeneric = driver == CpuTypeNames.Generic;
        if (!isGeneric && driver != TypeName && !CpuTypeNames.IsProcessor(driver))
        {
            throw CpuTypeNames.IsAbstract(driver)
                ? new QmpException("Parameter 'driver' expects a non-abstract device type")
                : dialect.UnknownDriver(driver);
        }

        if (Text(members, "bus") is { } bus)
        {
            throw new QmpException($"Bus '{bus}' not found");
        }

        string? id = Text(members, "id");
        bool online = CpuOnline.Read(members, syntax);
        members = CpuOnline.Without(members);
        IReadOnlyList<CpuSlot> slots = machine.GetCpuSlots();
        if (isGeneric)
        {
            Plug(slots[generic.Choose(members, id, slots, syntax == ValueSyntax.Text)], id, online);
            return;
        }

        if (id is not null && slots.Any(slot => slot.Occupant?.Id == id))
        {
            throw DuplicateId(id);
        }

        CpuProperties properties = CpuProperties.Parse(driver, members, syntax);
        if (driver != TypeName)
        {
            throw new QmpException($"Invalid CPU type, expected cpu type: '{TypeName}'");
        }

        Plug(new CpuSlotFinder(slots, Topology, machine.Config.Numa).Find(properties), id, online);
    }

    /// <summary>Asks the guest to give a device back; repeating is allowed.</summary>
    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public void Remove(string idOrPath, DeviceDialect dialect)
    {
        CpuSlot? slot = machine.GetCpuSlots().FirstOrDefault(slot =>
            slot.Occupant is { } occupant
            && (occupant.Id is { } id && id == idOrPath || occupant.Path == idOrPath)
            && (dialect.CanRemoveBootProcessors || !occupant.BootProcessor));
        if (slot is null || idOrPath.Length == 0)
        {
            throw dialect.UnknownDevice(idOrPath);
        }

        try
        {
            machine.UnplugCpus([slot.Index]);
        }
        catch (VmException refusal)
        {
            throw refusal.Code switch
            {
                // Sic: the text every client knows says the opposite of what it means.
                VmErrorCode.BootCpu => new QmpException(QmpErrorClass.GenericError, "Boot CPU is unpluggable", refusal),
                VmErrorCode.CpuSlotEmpty => dialect.UnknownDevice(idOrPath),
                _ => new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal),
            };
        }
    }

    /// <summary>Plugs the slot with an index, without id.</summary>
    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public void AddByIndex(long index)
    {
        IReadOnlyList<CpuSlot> slots = machine.GetCpuSlots();
        if (index < 0)
        {
            throw new QmpException($"Invalid CPU id: {index}");
        }

        if (index >= slots.Count)
        {
            throw new QmpException($"Unable to add CPU: {index}, max allowed: {slots.Count - 1}");
        }

        if (slots[(int)index].Occupant is not null)
        {
            throw new QmpException($"Unable to add CPU: {index}, it already exists");
        }

        Plug(slots[(int)index], null, online: false);
    }

    private void Plug(CpuSlot slot, string? id, bool online)
    {
        CpuPlugRequest[] request = [new(slot.Index, id)];
        try
        {
            _ = online ? machine.PlugCpusOnline(request) : machine.PlugCpus(request);
        }
        catch (VmException refusal)
        {
            // Another client may have been faster since the checks above.
            throw refusal.Code switch
            {
                VmErrorCode.CpuSlotOccupied => CpuSlotFinder.Occupied(slot),
                VmErrorCode.DuplicateId when id is not null => DuplicateId(id),
                _ => new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal),
            };
        }
    }

    private static QmpException DuplicateId(string id) => new($"Duplicate device ID '{id}'");

    /// <summary>A string member; one of another type counts as not given.</summary>
    private static string? Text(JsonObject members, string name) =>
        members.TryGet(name, out JsonValue value) && value.Kind == JsonKind.String ? value.AsString() : null;
}
