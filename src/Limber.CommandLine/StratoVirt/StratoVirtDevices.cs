using System;
using System.Linq;
using Limber.CommandLine.Devices;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;

namespace Limber.CommandLine.StratoVirt;

/// <summary>
/// <c>-drive</c>, <c>-netdev</c>, <c>-device</c> and <c>-object</c> of StratoVirt: its own grammar and its own rules of what must be
/// given; the properties are QEMU's.
/// </summary>
internal static class StratoVirtDevices
{
    private const string RootBus = "pcie.0";
    private const string VirtioMemDriver = "virtio-mem-pci";

    /// <summary>Block size of a virtio-mem device that names none.</summary>
    private const long MemoryBlockSize = 32L << 20;

    /// <exception cref="CommandLineException">Anything wrong.</exception>
    public static DeviceCollection Resolve(StratoVirtOptions options)
    {
        DeviceCollection collection = new(static _ => null, RootBus);
        Each(options, "object", (option, value) => collection.AddObject(Object(Bag(option, value, "qom-type"))));
        Each(options, "netdev", (option, value) => collection.AddNetwork(NetdevOptions.Read(Bag(option, value, "type"), collection)));
        Each(options, "drive", (option, value) => collection.AddDrive(StratoVirtDrive.Read(Bag(option, value, null))));
        Each(options, "device", (option, value) => collection.AddDevice(Device(Bag(option, value, "driver"))));
        return collection;
    }

    private static void Each(StratoVirtOptions options, string name, Action<string, string> read)
    {
        foreach (string value in options.Values(name))
        {
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

    private static NamedObject Object(OptionBag bag) =>
        bag.TryGet("qom-type", out OptionValue type) && !ObjectOptions.IsKnown(type.ToString())
            ? throw new OptionException($"not built yet (supported: {string.Join(", ", ObjectOptions.Types)})")
            : ObjectOptions.Read(bag);

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
        if (bag.Contains("driver") && driver.AsText() == VirtioMemDriver && !bag.Contains("block-size"))
        {
            bag.Set("block-size", OptionValue.FromNumber(MemoryBlockSize));
        }

        return bag;
    }
}
