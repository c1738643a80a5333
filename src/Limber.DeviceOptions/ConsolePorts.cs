using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.DeviceOptions;

/// <summary>
/// <c>virtconsole</c> and <c>virtserialport</c>: devices of their own in QEMU, parts of the console device here. They join
/// the device whose bus (<c>ID.0</c>) they name, or the last one.
/// </summary>
public static class ConsolePorts
{
    internal const int MaxPorts = ConsoleDeviceConfig.PortLimit;

    private const string BusSuffix = ".0";
    private const string Console = "virtconsole";
    private const string Generic = "virtserialport";

    /// <summary>The drivers.</summary>
    public static IReadOnlyList<string> Drivers { get; } = [Console, Generic];

    public static bool IsPort(string driver) => driver is Console or Generic;

    /// <summary>Reads a port.</summary>
    /// <param name="bag">The port's properties, <c>driver</c> among them.</param>
    /// <param name="references">What they may name.</param>
    /// <returns>The port, and the id of the device whose bus was named; null when none was.</returns>
    /// <exception cref="OptionException">A property is wrong.</exception>
    public static (ConsolePortConfig Port, string? Device) Read(OptionBag bag, IDeviceReferences references)
    {
        string driver = new OptionReader(bag).RequiredText("driver");
        OptionReader options = new(bag, driver);
        options.RequireKnown(["driver", "id", "bus", "chardev", "name", "nr"]);
        int? number = (int?)options.Number("nr", 0, MaxPorts - 1);
        if (number == 0 && driver == Generic)
        {
            throw new OptionException("Port number 0 on virtio-serial devices reserved for virtconsole devices for backward compatibility.");
        }

        string? bus = options.Text("bus");
        if (bus is not null && !bus.EndsWith(BusSuffix, StringComparison.Ordinal))
        {
            throw new OptionException($"Bus '{bus}' not found");
        }

        string? chardev = options.Text("chardev");
        ChardevConfig? backend = chardev is null ? null
            : references.TakeChardev(chardev) ?? throw new OptionException($"Property '{driver}.chardev' can't find value '{chardev}'");
        if (backend is ChardevConfig.UnixSocket { Reconnect: not null })
        {
            throw OptionException.NotBuilt($"chardev '{chardev}' with reconnect= for a {driver}", "supported: for vhost-user network cards");
        }

        ConsolePortConfig port = new()
        {
            Id = options.Text("id"),
            Number = number,
            IsConsole = driver == Console,
            Name = options.Text("name"),
            Backend = backend,
        };
        return (port, bus?[..^BusSuffix.Length]);
    }

    /// <summary>Adds a port to one of the devices.</summary>
    /// <param name="bag">The port's properties, <c>driver</c> among them.</param>
    /// <param name="references">What they may name.</param>
    /// <param name="devices">All devices so far; the one that gets the port is replaced.</param>
    /// <exception cref="OptionException">A property is wrong, or there is no device for the port.</exception>
    public static void Join(OptionBag bag, IDeviceReferences references, IList<DeviceConfig> devices)
    {
        (ConsolePortConfig port, string? named) = Read(bag, references);
        int at = FindDevice(named, port.IsConsole ? Console : Generic, devices);
        ConsoleDeviceConfig device = (ConsoleDeviceConfig)devices[at];
        if (port.Number is { } wanted && device.Ports.Any(other => other.Number == wanted))
        {
            throw new OptionException($"virtio-serial-bus: A port already exists at id {wanted}");
        }

        if (port.Number >= device.MaximumPorts || device.Ports.Length == device.MaximumPorts)
        {
            throw new OptionException($"virtio-serial-bus: Out-of-range port id specified, max. allowed: {device.MaximumPorts - 1}");
        }

        devices[at] = device with { Ports = device.Ports.Add(port) };
    }

    private static int FindDevice(string? named, string driver, IList<DeviceConfig> devices)
    {
        for (int i = devices.Count - 1; i >= 0; i--)
        {
            if (devices[i] is ConsoleDeviceConfig device && (named is null || named == device.Id))
            {
                return i;
            }
        }

        throw named is null
            ? new OptionException($"No 'virtio-serial-bus' bus found for device '{driver}'")
            : new OptionException($"Bus '{named}{BusSuffix}' not found");
    }
}
