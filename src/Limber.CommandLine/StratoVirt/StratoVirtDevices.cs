using System;
using System.Linq;
using Limber.CommandLine.Devices;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;

namespace Limber.CommandLine.StratoVirt;

/// <summary>
/// <c>-drive</c>, <c>-netdev</c>, <c>-device</c> and <c>-object rng-random</c> of StratoVirt: its own grammar and its own
/// rules of what must be given; the properties are QEMU's.
/// </summary>
internal static class StratoVirtDevices
{
    private const string RootBus = "pcie.0";

    public static bool IsDeviceObject(string value) => value.Split(',')[0] is ObjectOptions.RandomType or ObjectOptions.BuiltinRandomType;

    /// <exception cref="CommandLineException">Anything wrong.</exception>
    public static DeviceCollection Resolve(StratoVirtOptions options)
    {
        DeviceCollection collection = new(static _ => null, RootBus);
        Each(options, "object", IsDeviceObject, (option, value) => collection.AddObject(ObjectOptions.Read(Bag(option, value, "qom-type"))));
        Each(options, "netdev", null, (option, value) => collection.AddNetwork(NetdevOptions.Read(Bag(option, value, "type"), collection)));
        Each(options, "drive", null, (option, value) => collection.AddDrive(StratoVirtDrive.Read(Bag(option, value, null))));
        Each(options, "device", null, (option, value) => collection.AddDevice(Device(Bag(option, value, "driver"))));
        return collection;
    }

    private static void Each(StratoVirtOptions options, string name, Func<string, bool>? chosen, Action<string, string> read)
    {
        foreach (string value in options.Values(name))
        {
            if (chosen?.Invoke(value) == false)
            {
                continue;
            }

            string option = $"-{name} {value}";
            try
            {
                read(option, value);
            }
            catch (OptionException refusal)
            {
                throw new CommandLineException($"{option}: {refusal.Message}");
            }
        }
    }

    private static OptionBag Bag(string option, string value, string? impliedKey)
    {
        OptionBag bag = new();
        foreach ((string key, string? text) in StratoVirtKeyValues.Split(option, value, impliedKey))
        {
            if (bag.Contains(key))
            {
                throw new CommandLineException($"{option}: '{key}' is given twice");
            }

            bag.Set(key, OptionValue.FromText(text is null ? "on" : StratoVirtKeyValues.Text(option, key, text)));
        }

        return bag;
    }

    private static OptionBag Device(OptionBag bag)
    {
        if (bag.TryGet("driver", out OptionValue driver) && ConsolePorts.IsPort(driver.ToString()))
        {
            // On the bus of the device before it, which has the address.
            return bag;
        }

        foreach (string required in (string[])["id", "bus", "addr"])
        {
            if (!bag.Contains(required))
            {
                throw new OptionException($"Should set {required}.");
            }
        }

        bag.TryGet("addr", out OptionValue address);
        bag.Set("addr", OptionValue.FromNumber(StratoVirtAddress.Parse(address.ToString())));
        return bag;
    }
}
