using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor.Devices;

/// <summary>All devices of a command line in the order in which Cloud Hypervisor gives them their places.</summary>
internal static class DeviceList
{
    /// <summary>
    /// Devices without an id get one: a prefix for the kind and the next number of a counter that all kinds share.
    /// </summary>
    /// <param name="options">The command line.</param>
    /// <param name="console">The console device, or null.</param>
    /// <param name="memory">The devices that make memory grow.</param>
    public static ImmutableArray<DeviceConfig> Resolve(CloudHypervisorOptions options, ConsoleDeviceConfig? console, ImmutableArray<VirtioMemDeviceConfig> memory)
    {
        List<DeviceConfig> devices = console is null ? [] : [console];
        int counter = 0;
        Add("disk", DiskOption.Resolve, "_disk");
        Add("net", NetOption.Resolve, "_net");
        devices.Add(OtherDeviceOptions.Rng(options.Value("rng")));
        Add("fs", OtherDeviceOptions.Fs, "_fs");
        Add("pmem", OtherDeviceOptions.Pmem, "_pmem");
        AddOne("vsock", OtherDeviceOptions.Vsock, "_vsock");
        devices.AddRange(memory);
        AddOne("balloon", OtherDeviceOptions.Balloon, "__balloon");
        Add("device", OtherDeviceOptions.Vfio, "_vfio");
        RequireUniqueIds(devices);
        return [.. devices];

        void Add(string option, System.Func<string, DeviceConfig> resolve, string prefix)
        {
            foreach (string value in options.Values(option))
            {
                devices.Add(WithId(resolve(value), prefix));
            }
        }

        void AddOne(string option, System.Func<string, DeviceConfig> resolve, string prefix)
        {
            if (options.Value(option) is { } value)
            {
                devices.Add(WithId(resolve(value), prefix));
            }
        }

        DeviceConfig WithId(DeviceConfig device, string prefix) => device.Id is null
            ? device with { Id = string.Create(CultureInfo.InvariantCulture, $"{prefix}{counter++}") }
            : device;
    }

    private static void RequireUniqueIds(List<DeviceConfig> devices)
    {
        if (devices.GroupBy(d => d.Id).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new CommandLineException($"the device id '{twice.Key}' is given twice");
        }
    }
}
