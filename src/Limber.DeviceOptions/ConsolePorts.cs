using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config.Devices;

namespace Limber.DeviceOptions;

/// <summary>
/// <c>virtconsole</c> and <c>virtserialport</c>: devices of their own in QEMU, parts of the console device here. They join
/// the device whose bus (<c>ID.0</c>) they name, or the last one.
/// </summary>
public static class ConsolePorts
{
    internal const int MaxPorts = 31;

    private const string Console = "virtconsole";
    private const string Generic = "virtserialport";

    public static bool IsPort(string driver) => driver is Console or Generic;

    /// <summary>Adds a port to one of the devices.</summary>
    /// <param name="bag">The port's properties, <c>driver</c> among them.</param>
    /// <param name="references">What they may name.</param>
    /// <param name="devices">All devices so far; the one that gets the port is replaced.</param>
    /// <exception cref="OptionException">A property is wrong, or there is no device for the port.</exception>
    public static void Join(OptionBag bag, IDeviceReferences references, IList<DeviceConfig> devices)
    {
        string driver = new OptionReader(bag).RequiredText("driver");
        OptionReader options = new(bag, driver);
        options.RequireKnown(["driver", "id", "bus", "chardev", "name", "nr"]);
        int at = FindDevice(options.Text("bus"), driver, devices);
        ConsoleDeviceConfig device = (ConsoleDeviceConfig)devices[at];
        int? number = (int?)options.Number("nr", 0, MaxPorts - 1);
        if (number is { } wanted && device.Ports.Any(port => port.Number == wanted))
        {
            throw new OptionException($"virtio-serial-bus: A port already exists at id {wanted}");
        }

        if (number == 0 && driver == Generic)
        {
            throw new OptionException("Port number 0 on virtio-serial devices reserved for virtconsole devices for backward compatibility.");
        }

        if (device.Ports.Length == MaxPorts)
        {
            throw new OptionException($"virtio-serial-bus: Maximum port limit for this device reached ({MaxPorts})");
        }

        string? chardev = options.Text("chardev");
        ConsolePortConfig added = new()
        {
            Id = options.Text("id"),
            Number = number,
            IsConsole = driver == Console,
            Name = options.Text("name"),
            Backend = chardev is null ? null
                : references.TakeChardev(chardev) ?? throw new OptionException($"Property '{driver}.chardev' can't find value '{chardev}'"),
        };
        devices[at] = device with { Ports = device.Ports.Add(added) };
    }

    private static int FindDevice(string? bus, string driver, IList<DeviceConfig> devices)
    {
        for (int i = devices.Count - 1; i >= 0; i--)
        {
            if (devices[i] is ConsoleDeviceConfig device && (bus is null || bus == device.Id + ".0"))
            {
                return i;
            }
        }

        throw bus is null
            ? new OptionException($"No 'virtio-serial-bus' bus found for device '{driver}'")
            : new OptionException($"Bus '{bus}' not found");
    }
}
