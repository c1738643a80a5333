using System;
using System.Collections.Generic;
using System.Linq;
using Limber.CommandLine.Devices;
using Limber.Config.Devices;
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
            "object" when ObjectOptions.IsKnown(TypeOf(value)) => _objects,
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
            : DeviceCatalog.Find(driver) is { } found ? DriverHelp.Properties(found)
            : null;
        return lines is null ? null : string.Join('\n', lines) + "\n";
    }

    /// <summary>Reads everything into a collection.</summary>
    public void Resolve(DeviceCollection collection)
    {
        List<(string Option, NamedObject.MemoryFile File)> files = [];
        Each(_objects, item =>
        {
            NamedObject added = ObjectOptions.Read(QemuOptionBags.Strict(item.Option, item.Value, "qom-type"));
            collection.AddObject(added);
            if (added is NamedObject.MemoryFile file)
            {
                files.Add((item.Option, file));
            }
        });
        Each(_networks, item => collection.AddNetwork(NetdevOptions.Read(QemuOptionBags.Loose(item.Option, item.Value, "type"), collection)));
        Each(_blocks.Where(static item => item.Name == "blockdev"), item =>
            collection.AddNode(QemuOptionBags.Strict(item.Option, item.Value, "driver")));
        Each(_blocks.Where(static item => item.Name == "drive"), item =>
            collection.AddDrive(DriveOptions.Read(OptionBag.FromText(QemuKeyValues.Loose(item.Value, "file")))));
        Each(_devices, item => collection.AddDevice(QemuOptionBags.Loose(item.Option, item.Value, "driver")));
        foreach ((string option, NamedObject.MemoryFile file) in files)
        {
            // Guest memory is never a file: one that was meant to be must not pass unnoticed.
            if (!collection.Devices.Any(device => device is PmemDeviceConfig pmem && pmem.File == file.File))
            {
                throw CommandLineException.NotBuilt(
                    $"{option}: memory that no virtio-pmem-pci device has", "for guest memory: memory-backend-ram, memory-backend-memfd");
            }
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

    private static string TypeOf(string value)
    {
        if (value.StartsWith('{'))
        {
            // Whose it is, no more: the reader that gets it reports what is wrong with it.
            try
            {
                return QemuOptionBags.Strict(string.Empty, value, string.Empty).TryGet("qom-type", out OptionValue type) ? type.ToString() : string.Empty;
            }
            catch (CommandLineException)
            {
                return string.Empty;
            }
        }

        const string Key = "qom-type=";
        string[] parts = value.Split(',');
        return parts.FirstOrDefault(static part => part.StartsWith(Key, StringComparison.Ordinal))?[Key.Length..] ?? parts[0];
    }

    private sealed record Item(string Name, string Value, string Option);
}
