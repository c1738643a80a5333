using System;
using System.Linq;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>The words of StratoVirt 2.5.</summary>
internal sealed class StratoVirtDeviceDialect : DeviceDialect
{
    private static readonly string[] Fields =
    [
        "id", "driver", "bus", "cpu-id", "socket-id", "die-id", "module-id", "core-id", "thread-id", "node-id", "apic-id",
        "addr", "drive", "netdev", "mac", "mq", "vectors", "serial", "num-queues", "queue-size", "boot_index", "multifunction", "romfile",
        "share-rw", "disable-modern", "chardev", "host", "sysfsdev", "port",
        "memdev", "node", "slot", "memaddr", "requested-size", "block-size",
    ];

    internal override PciWords Pci { get; } = new StratoVirtPciWords();

    internal override bool CanRemoveBootProcessors => false;

    internal override void CheckMembers(JsonObject members)
    {
        foreach ((string name, JsonValue value) in members)
        {
            if (Array.IndexOf(Fields, name) < 0)
            {
                string expected = string.Join(", ", Fields.Select(static field => $"`{field}`"));
                throw new QmpException($"unknown field `{name}`, expected one of {expected}");
            }

            if (name is "id" or "driver" && value.Kind != JsonKind.String)
            {
                throw new QmpException($"invalid type: {Describe(value)}, expected a string");
            }
        }

        foreach (string required in Fields.AsSpan(0, 2))
        {
            if (!members.Contains(required))
            {
                throw new QmpException($"missing field `{required}`");
            }
        }
    }

    internal override QmpException UnknownDriver(string driver) =>
        new($"Failed to add device: Driver {driver} is not support");

    internal override QmpException UnknownDevice(string idOrPath) => new("Can not find parent device from pci bus");

    /// <summary>A value as the messages about types name it.</summary>
    internal static string Describe(JsonValue value) => value.Kind switch
    {
        JsonKind.Null => "null",
        JsonKind.Boolean => $"boolean `{(value.AsBoolean() ? "true" : "false")}`",
        JsonKind.Integer or JsonKind.Unsigned => $"integer `{value}`",
        JsonKind.Double => $"floating point `{value}`",
        JsonKind.String => $"string {value}",
        JsonKind.Array => "sequence",
        _ => "map",
    };
}
