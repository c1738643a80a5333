using System.Collections.Generic;
using System.Linq;
using Limber.Config.Devices;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Pci;

/// <summary>
/// device_add and device_del for PCI devices: the one implementation behind QMP and HMP. The order of checks is bus, id,
/// properties; the machine has the last word. Thread: any.
/// </summary>
internal sealed class PciDeviceCommands(IVirtualMachine machine, NamedThings things)
{
    /// <summary>Ids a client can remove now.</summary>
    public IEnumerable<string> RemovableIds =>
        machine.Devices.GetDevices().Where(static device => device.Id is not null && device.Config is not RootPortConfig).Select(static device => device.Id!)
            .Concat(Ports(machine).Where(static port => port.Id is not null).Select(static port => port.Id!));

    /// <summary>A device, or a port of one, has the id.</summary>
    public static bool IsDevice(IVirtualMachine machine, string id) =>
        machine.Devices.FindDevice(id) is not null || Ports(machine).Any(port => port.Id == id);

    /// <summary>Plugs a device.</summary>
    /// <param name="driver">Its kind.</param>
    /// <param name="members">driver, id, bus and properties.</param>
    /// <param name="words">Wording.</param>
    /// <param name="syntax">Where the members come from.</param>
    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public void Add(DeviceDriver driver, JsonObject members, PciWords words, ValueSyntax syntax)
    {
        DeviceConfig device;
        try
        {
            OptionBag bag = OptionBags.Of(members, syntax, stringsMayHoldValues: syntax == ValueSyntax.Message);
            words.Prepare(driver, bag);
            string? bus = Text(bag, "bus") is { } named ? PciBuses.Resolve(machine, named) ?? throw words.BusNotFound(named) : null;
            if (Text(bag, "id") is { } id)
            {
                Identifier.Require("id", id);
                if (IsTaken(id))
                {
                    throw words.DuplicateId(id);
                }
            }

            device = driver.Read(bag, things) with { Bus = bus };
        }
        catch (OptionException refusal)
        {
            throw words.BadOption(driver, refusal);
        }

        try
        {
            machine.Devices.PlugDevice(device);
        }
        catch (VmException refusal)
        {
            throw words.PlugRefused(machine, device, refusal);
        }
    }

    /// <summary>Adds a port to a console device.</summary>
    /// <inheritdoc cref="Add"/>
    public void AddPort(JsonObject members, PciWords words, ValueSyntax syntax)
    {
        try
        {
            OptionBag bag = OptionBags.Of(members, syntax, stringsMayHoldValues: syntax == ValueSyntax.Message);
            (ConsolePortConfig port, string? device) = ConsolePorts.Read(bag, things);
            if (port.Id is { } id && (!Identifier.IsValid(id) || IsTaken(id)))
            {
                throw Identifier.IsValid(id) ? words.DuplicateId(id) : new QmpException("Parameter 'id' expects an identifier");
            }

            if (device is null && !machine.Devices.GetDevices().Any(static device => device.Config is ConsoleDeviceConfig))
            {
                throw new QmpException($"No 'virtio-serial-bus' bus found for device '{Text(bag, "driver")}'");
            }

            machine.Devices.PlugPort(port, device);
        }
        catch (OptionException refusal)
        {
            throw new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
        catch (VmException refusal)
        {
            throw new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }

    /// <summary>Asks the guest to let go of a device; a port is simply taken.</summary>
    /// <returns>False when no PCI device has the id or path.</returns>
    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public bool TryRemove(string idOrPath, PciWords words)
    {
        DeviceInfo? device = machine.Devices.GetDevices().FirstOrDefault(device =>
            idOrPath.Length > 0 && (device.Id == idOrPath || device.Path == idOrPath));
        if (device is null)
        {
            return TryRemovePort(idOrPath);
        }

        try
        {
            // A device without an id is known to the machine by its path.
            machine.Devices.UnplugDevice(device.Id ?? device.Path);
            return true;
        }
        catch (VmException refusal)
        {
            throw words.UnplugRefused(machine, device, refusal);
        }
    }

    private bool TryRemovePort(string idOrPath)
    {
        try
        {
            return machine.Devices.TryUnplugPort(idOrPath);
        }
        catch (VmException refusal)
        {
            throw new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }

    private static IEnumerable<ConsolePortConfig> Ports(IVirtualMachine machine) =>
        machine.Devices.GetDevices().Select(static device => device.Config).OfType<ConsoleDeviceConfig>().SelectMany(static device => device.Ports);

    private bool IsTaken(string id) =>
        IsDevice(machine, id)
        || machine.Memory.GetMemoryDevices().Any(device => device.Id == id)
        || machine.GetCpuSlots().Any(slot => slot.Occupant?.Id == id);

    private static string? Text(OptionBag bag, string name) => bag.TryGet(name, out OptionValue value) ? value.AsText() : null;
}
