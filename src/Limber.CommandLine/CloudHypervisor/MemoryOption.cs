using System;
using System.Collections.Generic;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary><c>--memory size=N,hotplug_size=N,hotplug_method=acpi|virtio-mem,hotplugged_size=N,shared=on|off,...</c>.</summary>
internal static class MemoryOption
{
    private const ulong DefaultSize = 512UL << 20;

    private static readonly string[] Keys =
    [
        "size", "mergeable", "shared", "hugepages", "hugepage_size", "hotplug_method", "hotplug_size",
        "hotplugged_size", "prefault", "reserve", "thp",
    ];

    /// <param name="value">The option's value, or null when it was not given.</param>
    /// <param name="zones">Values of <c>--memory-zone</c>.</param>
    /// <returns>The memory, and the virtio-mem device that makes it grow, or null.</returns>
    public static (MemoryConfig Memory, VirtioMemDeviceConfig? Device) Resolve(string? value, IReadOnlyList<string> zones)
    {
        string option = $"--memory {value}";
        OptionParser parser = new(option, value ?? "", Keys, []);
        RequireBuilt(option, parser);
        ulong size = parser.Size("size") ?? DefaultSize;
        RequireNoZones(option, size, zones);
        try
        {
            return ResizableMemory.Resolve(
                (size, parser.Toggle("shared") ?? false), Method(option, parser), parser.Size("hotplug_size") ?? 0, parser.Size("hotplugged_size"));
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

    private static void RequireNoZones(string option, ulong size, IReadOnlyList<string> zones)
    {
        const string Instead = "supported: one zone, mem0, which is all of --memory size=N";
        if (zones.Count > 0)
        {
            throw CommandLineException.NotBuilt($"--memory-zone {zones[0]}", Instead);
        }

        if (size == 0)
        {
            throw CommandLineException.NotBuilt($"{option}: memory zones (size=0)", Instead);
        }
    }

    private static void RequireBuilt(string option, OptionParser parser)
    {
        foreach (string key in (string[])["mergeable", "hugepages", "prefault", "reserve"])
        {
            if (parser.Toggle(key) == true)
            {
                throw CommandLineException.NotBuilt($"{option}: {key}=on");
            }
        }

        if (parser.Size("hugepage_size") is ulong size)
        {
            throw CommandLineException.NotBuilt($"{option}: hugepage_size={size}");
        }

        if (parser.Toggle("thp") == false)
        {
            throw CommandLineException.NotBuilt($"{option}: thp=off");
        }
    }
}
