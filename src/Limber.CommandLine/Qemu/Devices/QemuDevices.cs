using System;
using System.Collections.Generic;
using System.Linq;
using Limber.CommandLine.Devices;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;

namespace Limber.CommandLine.Qemu.Devices;

/// <summary>
/// The PCI devices and backends of a QEMU command line. They are resolved at its end, objects and backends before devices,
/// because a definition may stand behind its user.
/// </summary>
internal sealed class QemuDevices
{
    private readonly List<Item> _objects = [];
    private readonly List<Item> _blocks = [];
    private readonly List<Item> _networks = [];
    private readonly List<Item> _devices = [];

    /// <summary>Keeps an option of this class for the end.</summary>
    /// <param name="name">Its name without the dash.</param>
    /// <param name="value">Its value.</param>
    /// <param name="option">Both as typed, for messages.</param>
    /// <returns>False when it is another's.</returns>
    public bool TryAdd(string name, string value, string option)
    {
        List<Item>? list = name switch
        {
            "object" => _objects,
            "drive" or "blockdev" => _blocks,
            "netdev" => _networks,
            "device" => _devices,
            _ => null,
        };
        list?.Add(new Item(name, value, option));
        return list is not null;
    }

    /// <summary>The text for <c>-device help</c> and <c>-device DRIVER,help</c>; null for other values.</summary>
    public static string? Help(string value)
    {
        if (value.StartsWith('{') || !QemuKeyValues.AsksForHelp(value))
        {
            return null;
        }

        string driver = value.Split(',')[0];
        IEnumerable<string>? lines = driver is "help" or "?" ? DriverHelp.List()
            : driver == DimmOptions.Driver ? DriverHelp.Properties(DimmOptions.Driver, DimmOptions.Properties)
            : DeviceCatalog.Find(driver) is { } found ? DriverHelp.Properties(found.Name, found.Properties)
            : null;
        return lines is null ? null : string.Join('\n', lines) + "\n";
    }

    /// <summary>Reads everything into a collection.</summary>
    public void Resolve(DeviceCollection collection)
    {
        Each(_objects, item =>
        {
            OptionBag bag = QemuOptionBags.Strict(item.Option, item.Value, "qom-type");
            RequireBuilt(bag);
            collection.AddObject(ObjectOptions.Read(bag));
        });
        Each(_networks, item => collection.AddNetwork(NetdevOptions.Read(QemuOptionBags.Loose(item.Option, item.Value, "type"), collection)));
        Each(_blocks.Where(static item => item.Name == "blockdev"), item =>
            collection.AddNode(QemuOptionBags.Strict(item.Option, item.Value, "driver")));
        Each(_blocks.Where(static item => item.Name == "drive"), item =>
            collection.AddDrive(DriveOptions.Read(OptionBag.FromText(QemuKeyValues.Loose(item.Value, "file")))));
        Each(_devices, item => collection.AddDevice(QemuOptionBags.Loose(item.Option, item.Value, "driver")));
    }

    private static void RequireBuilt(OptionBag bag)
    {
        if (bag.TryGet("qom-type", out OptionValue type) && !ObjectOptions.IsKnown(type.ToString()))
        {
            throw new OptionException($"not built yet (supported: {string.Join(", ", ObjectOptions.Types)})");
        }
    }

    private static void Each(IEnumerable<Item> items, Action<Item> read)
    {
        foreach (Item item in items)
        {
            try
            {
                read(item);
            }
            catch (OptionException refusal)
            {
                throw new CommandLineException($"{item.Option}: {refusal.Message}");
            }
        }
    }

    private sealed record Item(string Name, string Value, string Option);
}
