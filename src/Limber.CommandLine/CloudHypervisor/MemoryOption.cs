using System;
using System.Collections.Generic;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary><c>--memory size=N,hotplug_size=N,hotplug_method=acpi|virtio-mem,hotplugged_size=N,shared=on|off,...</c>.</summary>
/// <remarks>
/// There is one DIMM slot for every 128 MiB of <c>hotplug_size</c>, up to the limit of a machine: each resize takes one, and each shrinking
/// gives some back.
/// </remarks>
internal static class MemoryOption
{
    /// <summary>Id of the virtio-mem device, which there is named after its memory zone.</summary>
    public const string DeviceId = "mem0";

    private const ulong DefaultSize = 512UL << 20;
    private const ulong PageSize = 4096;
    private const ulong RegionUnit = DimmConfig.Granule;

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
        if (size % PageSize != 0)
        {
            throw new CommandLineException($"{option}: size must be a multiple of {PageSize} bytes");
        }

        bool shared = parser.Toggle("shared") ?? false;
        MemoryHotplugMethod method = Method(option, parser);
        ulong hotplug = parser.Size("hotplug_size") ?? 0;
        if (hotplug > ulong.MaxValue - size)
        {
            throw new CommandLineException($"{option}: size and hotplug_size together are too large");
        }

        MemoryConfig memory = new(size, shared) { MaximumSize = hotplug == 0 ? 0 : size + hotplug, HotplugMethod = method };
        ulong? plugged = parser.Size("hotplugged_size");
        return method == MemoryHotplugMethod.VirtioMem
            ? (memory, hotplug == 0 ? NoDevice(option, plugged) : Device(option, memory, plugged ?? 0))
            : (memory with { Slots = (int)Math.Min(hotplug / RegionUnit, MemoryConfig.MaxSlots) }, NoDevice(option, plugged));
    }

    private static MemoryHotplugMethod Method(string option, OptionParser parser) =>
        parser.Text("hotplug_method")?.ToLowerInvariant() switch
        {
            null or "acpi" => MemoryHotplugMethod.Acpi,
            "virtio-mem" => MemoryHotplugMethod.VirtioMem,
            string method => throw new CommandLineException($"{option}: hotplug_method={method} is not acpi or virtio-mem"),
        };

    private static VirtioMemDeviceConfig? NoDevice(string option, ulong? plugged) => plugged is null or 0
        ? null
        : throw new CommandLineException($"{option}: hotplugged_size needs hotplug_method=virtio-mem and hotplug_size");

    private static VirtioMemDeviceConfig Device(string option, MemoryConfig memory, ulong plugged)
    {
        if (memory.HotplugSize % RegionUnit != 0)
        {
            throw new CommandLineException($"{option}: hotplug_size must be a multiple of {RegionUnit} bytes (128 MiB) for virtio-mem");
        }

        if (plugged > memory.HotplugSize)
        {
            throw new CommandLineException($"{option}: hotplugged_size={plugged} is larger than hotplug_size={memory.HotplugSize}");
        }

        if (plugged % VirtioMemDeviceConfig.DefaultBlockSize != 0)
        {
            throw new CommandLineException(
                $"{option}: hotplugged_size must be a multiple of {VirtioMemDeviceConfig.DefaultBlockSize} bytes, virtio-mem's block size");
        }

        return new VirtioMemDeviceConfig
        {
            Id = DeviceId,
            Memory = new MemoryBackendConfig
            {
                Name = "",
                Size = memory.HotplugSize,
                Kind = memory.Shared ? MemoryBackendKind.Memfd : MemoryBackendKind.Ram,
                Share = memory.Shared,
            },
            RequestedSize = plugged,
        };
    }

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
