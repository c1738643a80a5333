using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary>
/// <c>--memory size=N,hotplug_size=N,hotplug_method=acpi|virtio-mem,hotplugged_size=N,shared=on|off,hugepages=on|off,...</c>, and
/// <c>--memory-zone id=ID,size=N,...</c>, one value a zone, with <c>--memory size=0</c>.
/// </summary>
internal static class MemoryOption
{
    private const ulong DefaultSize = 512UL << 20;

    private static readonly string[] Keys =
    [
        "size", "mergeable", "shared", "hugepages", "hugepage_size", "hotplug_method", "hotplug_size",
        "hotplugged_size", "prefault", "reserve", "thp",
    ];

    private static readonly string[] ZoneKeys =
    [
        "id", "size", "file", "mergeable", "shared", "hugepages", "hugepage_size", "host_numa_node", "hotplug_size",
        "hotplugged_size", "prefault", "reserve",
    ];

    /// <param name="value">The option's value, or null when it was not given.</param>
    /// <param name="zones">Values of <c>--memory-zone</c>.</param>
    /// <returns>The memory, and the virtio-mem devices that make it grow.</returns>
    public static (MemoryConfig Memory, ImmutableArray<VirtioMemDeviceConfig> Devices) Resolve(string? value, IReadOnlyList<string> zones)
    {
        string option = $"--memory {value}";
        OptionParser parser = new(option, value ?? "", Keys, []);
        RequireBuilt(option, parser);
        if (parser.Toggle("thp") == false)
        {
            throw CommandLineException.NotBuilt($"{option}: thp=off");
        }

        ulong size = parser.Size("size") ?? DefaultSize;
        MemoryHotplugMethod method = Method(option, parser);
        try
        {
            if (size == 0)
            {
                return MemoryZones.Resolve(ReadZones(option, parser, zones), method);
            }

            if (zones.Count > 0)
            {
                throw new CommandLineException($"--memory-zone {zones[0]}: memory zones need --memory size=0");
            }

            MemoryConfig boot = new(size, parser.Toggle("shared") ?? false)
            {
                HugePages = parser.Toggle("hugepages") ?? false,
                HugePageSize = parser.Size("hugepage_size"),
                Preallocate = parser.Toggle("prefault") ?? false,
            };
            (MemoryConfig memory, VirtioMemDeviceConfig? device) = ResizableMemory.Resolve(
                boot, method, parser.Size("hotplug_size") ?? 0, parser.Size("hotplugged_size"));
            return (memory, device is null ? [] : [device]);
        }
        catch (ArgumentException wrong)
        {
            throw new CommandLineException($"{option}: {wrong.Message}");
        }
    }

    private static MemoryHotplugMethod Method(string option, OptionParser parser) =>
        parser.Text("hotplug_method")?.ToLowerInvariant() switch
        {
            null or "acpi" => MemoryHotplugMethod.Acpi,
            "virtio-mem" => MemoryHotplugMethod.VirtioMem,
            string method => throw new CommandLineException($"{option}: hotplug_method={method} is not acpi or virtio-mem"),
        };

    private static MemoryZoneConfig[] ReadZones(string option, OptionParser memory, IReadOnlyList<string> zones)
    {
        foreach (string key in (string[])["shared", "hugepages", "prefault", "hugepage_size", "hotplug_size", "hotplugged_size"])
        {
            if (memory.Text(key) is string text && text.ToLowerInvariant() is not ("off" or "false" or "0"))
            {
                throw new CommandLineException($"{option}: {key}={text} is said of each memory zone when size=0");
            }
        }

        return [.. zones.Select(ReadZone)];
    }

    private static MemoryZoneConfig ReadZone(string value)
    {
        string option = $"--memory-zone {value}";
        OptionParser parser = new(option, value, ZoneKeys, []);
        RequireBuilt(option, parser);
        foreach (string key in (string[])["file", "host_numa_node"])
        {
            if (parser.Text(key) is string text)
            {
                throw CommandLineException.NotBuilt($"{option}: {key}={text}");
            }
        }

        return new MemoryZoneConfig
        {
            Id = parser.Text("id") ?? throw new CommandLineException($"{option}: id is missing"),
            Size = parser.Size("size") ?? DefaultSize,
            Shared = parser.Toggle("shared") ?? false,
            HugePages = parser.Toggle("hugepages") ?? false,
            HugePageSize = parser.Size("hugepage_size"),
            Preallocate = parser.Toggle("prefault") ?? false,
            HotplugSize = parser.Size("hotplug_size") ?? 0,
            HotpluggedSize = parser.Size("hotplugged_size") ?? 0,
        };
    }

    private static void RequireBuilt(string option, OptionParser parser)
    {
        foreach (string key in (string[])["mergeable", "reserve"])
        {
            if (parser.Toggle(key) == true)
            {
                throw CommandLineException.NotBuilt($"{option}: {key}=on");
            }
        }
    }
}
