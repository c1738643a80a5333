using System.Collections.Generic;
using System.Linq;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>query-pci</c>, <c>balloon</c>, <c>query-balloon</c> and <c>x-limber-add-guest-agent</c>.</summary>
internal static class PciQueries
{
    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-pci", DeviceTypes.PciBuses, Buses),
        new NoArgumentCommand("query-balloon", DeviceTypes.Balloon, static context =>
            new JsonObject { { "actual", JsonValue.FromUnsigned(Balloon.Actual(context.Machine)) } }),
        new DelegateCommand(
            "balloon",
            new(new QmpObjectType(new QmpMember("value", QmpType.Integer)), QmpObjectType.Empty),
            static (arguments, context) =>
            {
                Balloon.SetTarget(context.Machine, arguments.Integer("value"));
                return new JsonObject();
            }),
        new DelegateCommand(
            "x-limber-add-guest-agent",
            new(new QmpObjectType(new QmpMember("id", QmpType.String, true)), QmpObjectType.Empty),
            static (arguments, context) =>
            {
                context.Machine.Devices.PlugDevice(ConsoleDeviceConfig.ForGuestAgent(arguments.OptionalString("id")));
                return new JsonObject();
            }),
    ];

    /// <summary>
    /// The devices that clients can name. Where their regions are is the guest's business and is not asked: the list of
    /// regions is empty.
    /// </summary>
    private static JsonValue Buses(QmpContext context)
    {
        IReadOnlyList<DeviceInfo> devices = context.Machine.Devices.GetDevices();
        List<JsonValue> roots = [];
        foreach (DeviceInfo device in devices.Where(static device => device.Bus == PciBuses.Root))
        {
            JsonObject entry = Device(device);
            if (device.Config is RootPortConfig)
            {
                entry.Add("pci_bridge", Bridge(devices.Where(inner => inner.Bus == device.Id)));
            }

            roots.Add(entry);
        }

        return new List<JsonValue> { new JsonObject { { "bus", 0 }, { "devices", roots } } };
    }

    private static JsonObject Bridge(IEnumerable<DeviceInfo> behind)
    {
        List<JsonValue> devices = [];
        int secondary = 0;
        foreach (DeviceInfo device in behind)
        {
            secondary = device.Location.Bus;
            devices.Add(Device(device));
        }

        return new()
        {
            { "bus", new JsonObject { { "secondary", secondary }, { "number", 0 }, { "subordinate", secondary } } },
            { "devices", devices },
        };
    }

    private static JsonObject Device(DeviceInfo device)
    {
        PciIdentity? identity = PciIdentity.Of(device.Config);
        JsonObject @class = [];
        if (identity?.Description is { } description)
        {
            @class.Add("desc", description);
        }

        @class.Add("class", identity?.Class ?? 0);
        return new()
        {
            { "irq_pin", 0 },
            { "bus", device.Location.Bus },
            { "qdev_id", device.Id ?? string.Empty },
            { "slot", device.Location.Device },
            { "class_info", @class },
            { "id", new JsonObject { { "device", identity?.Device ?? 0 }, { "vendor", identity?.Vendor ?? 0 } } },
            { "function", device.Location.Function },
            { "regions", new List<JsonValue>() },
        };
    }
}
