using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Cpu;
using Limber.Rest.Json;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Handlers;

/// <summary>Turns the body of <c>vm.create</c> into a machine's configuration, or says what is wrong with it.</summary>
internal static class VmConfigs
{
    private const ulong DefaultMemory = 512UL << 20;
    private const int MaximumProcessors = 4096;

    /// <summary>Members of cpus and memory that say what happens anyway when they have this value.</summary>
    private static readonly (string Name, string Usual)[] Usual =
    [
        ("kvm_hyperv", "false"), ("nested", "true"), ("core_scheduling", "\"Off\""), ("core_scheduling", "\"Vm\""), ("profile", "\"Host\""),
        ("max_phys_bits", "46"), ("features", "{}"), ("features", "{\"amx\":false}"), ("iommu", "false"),
    ];

    /// <exception cref="RestException">400 for a wrong value, 500 for what is not built.</exception>
    public static VmConfig Of(VmCreateBody body)
    {
        RequireBuilt("", body.Others);
        ChardevConfig? serial = Console("serial", body.Serial, "Null");
        ChardevConfig? console = Console("console", body.Console, "Tty");
        if (serial is ChardevConfig.Stdio && console is ChardevConfig.Stdio)
        {
            throw Invalid("serial and console can't both have the terminal (mode Tty)");
        }

        (MemoryConfig memory, ImmutableArray<VirtioMemDeviceConfig> memoryDevices) = Memory(body.Memory);
        return new VmConfig
        {
            Dialect = Dialect.CloudHypervisor,
            Cpus = Cpus(body.Cpus),
            Memory = memory,
            Payload = Payload(body.Payload),
            Serials = serial is null ? [] : [serial],
            PciDevices = [.. Devices(body, console), .. memoryDevices],
        };
    }

    private static CpuConfig Cpus(VmCreateCpus? body)
    {
        RequireBuilt("cpus.", body?.Others);
        int boot = body?.BootVcpus ?? 1;
        int max = body?.MaxVcpus ?? boot;
        if (boot is < 1 or > MaximumProcessors || max is < 1 or > MaximumProcessors)
        {
            throw Invalid($"boot_vcpus {boot} and max_vcpus {max} must be from 1 to {MaximumProcessors}");
        }

        string? topology = body?.Topology is { } levels
            ? string.Create(CultureInfo.InvariantCulture, $"{levels.ThreadsPerCore}:{levels.CoresPerDie}:{levels.DiesPerPackage}:{levels.Packages}")
            : null;
        try
        {
            SmpConfiguration smp = CloudHypervisorTopology.Resolve(boot, max, topology);
            return new CpuConfig { Boot = smp.Cpus, Max = smp.MaxCpus, Topology = smp.Topology, Model = "host" };
        }
        catch (SmpException wrong)
        {
            throw Invalid(wrong.Message);
        }
    }

    private static (MemoryConfig Memory, ImmutableArray<VirtioMemDeviceConfig> Devices) Memory(VmCreateMemory? body)
    {
        RequireBuilt("memory.", body?.Others);
        if (body?.Thp == false)
        {
            throw NotBuilt("memory.thp false");
        }

        ulong size = body?.Size ?? DefaultMemory;
        MemoryHotplugMethod method = body?.HotplugMethod switch
        {
            null or "Acpi" => MemoryHotplugMethod.Acpi,
            "VirtioMem" => MemoryHotplugMethod.VirtioMem,
            string other => throw Invalid($"memory.hotplug_method {other} is not Acpi or VirtioMem"),
        };
        try
        {
            IReadOnlyList<VmCreateZone> zones = body?.Zones ?? [];
            if (size == 0)
            {
                return MemoryZones.Resolve([.. zones.Select(Zone)], method);
            }

            if (zones.Count > 0)
            {
                throw Invalid("memory.zones need memory.size 0");
            }

            MemoryConfig boot = new(size, body?.Shared ?? false)
            {
                HugePages = body?.Hugepages ?? false,
                HugePageSize = body?.HugepageSize,
                Preallocate = body?.Prefault ?? false,
            };
            (MemoryConfig memory, VirtioMemDeviceConfig? device) = ResizableMemory.Resolve(boot, method, body?.HotplugSize ?? 0, body?.HotpluggedSize);
            return (memory, device is null ? [] : [device]);
        }
        catch (ArgumentException wrong)
        {
            throw Invalid("memory." + wrong.Message);
        }
    }

    private static MemoryZoneConfig Zone(VmCreateZone? body)
    {
        RequireBuilt("memory.zones.", body?.Others);
        return new MemoryZoneConfig
        {
            Id = body?.Id ?? throw Invalid("the id of a memory zone is missing"),
            Size = body.Size ?? DefaultMemory,
            Shared = body.Shared ?? false,
            HugePages = body.Hugepages ?? false,
            HugePageSize = body.HugepageSize,
            Preallocate = body.Prefault ?? false,
            HotplugSize = body.HotplugSize ?? 0,
            HotpluggedSize = body.HotpluggedSize ?? 0,
        };
    }

    private static PayloadConfig Payload(PayloadBody? body)
    {
        if (body?.Firmware is not null)
        {
            throw NotBuilt("payload.firmware");
        }

        return string.IsNullOrEmpty(body?.Kernel)
            ? throw Invalid("payload.kernel is missing")
            : new PayloadConfig(body.Kernel, string.IsNullOrEmpty(body.Initramfs) ? null : body.Initramfs, body.Cmdline ?? "");
    }

    private static ImmutableArray<DeviceConfig> Devices(VmCreateBody body, ChardevConfig? console)
    {
        List<DeviceConfig> devices = [];
        int counter = 0;
        if (console is not null)
        {
            devices.Add(ConsoleDeviceConfig.ForConsole(console));
        }

        AddAll(body.Disks, DeviceConfigs.Disk, "_disk");
        AddAll(body.Net, DeviceConfigs.Net, "_net");
        devices.Add(new RngDeviceConfig { Id = "__rng", Source = body.Rng?.Src ?? "/dev/urandom" });
        AddAll(body.Fs, DeviceConfigs.Fs, "_fs");
        AddAll(body.Pmem, DeviceConfigs.Pmem, "_pmem");
        AddAll<VsockBody>(body.Vsock is { } vsock ? [vsock] : null, DeviceConfigs.Vsock, "_vsock");
        if (body.Balloon is { } balloon)
        {
            devices.Add(new BalloonDeviceConfig
            {
                Id = "__balloon",
                Size = balloon.Size ?? throw Invalid("balloon.size is missing"),
                DeflateOnOom = balloon.DeflateOnOom ?? false,
                FreePageReporting = balloon.FreePageReporting ?? false,
            });
        }

        AddAll(body.Devices, DeviceConfigs.HostDevice, "_vfio");
        if (devices.GroupBy(static device => device.Id).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            throw RestException.Refused(409, $"Identifier '{twice.Key}' is not unique");
        }

        return [.. devices];

        void AddAll<T>(IReadOnlyList<T>? bodies, Func<T, DeviceConfig> convert, string prefix)
        {
            foreach (T item in bodies ?? [])
            {
                DeviceConfig device = item is null ? throw Invalid("a device is null") : convert(item);
                devices.Add(device.Id is null ? device with { Id = string.Create(CultureInfo.InvariantCulture, $"{prefix}{counter++}") } : device);
            }
        }
    }

    private static ChardevConfig? Console(string name, VmCreateConsole? body, string usual) => (body?.Mode ?? usual) switch
    {
        "Off" => null,
        "Null" => new ChardevConfig.Null(),
        "Tty" => new ChardevConfig.Stdio(),
        "Pty" => new ChardevConfig.Pty(),
        "File" => body?.File is { Length: > 0 } path ? new ChardevConfig.File(path) : throw Invalid($"{name}.file is missing"),
        "Socket" => body?.Socket is { Length: > 0 } path
            ? new ChardevConfig.UnixSocket(path, Server: true, Wait: false)
            : throw Invalid($"{name}.socket is missing"),
        { } other => throw Invalid($"{name}.mode '{other}' is not one of Off, Null, Tty, Pty, File, Socket"),
    };

    // Switches that are off and empty lists ask for nothing.
    private static void RequireBuilt(string owner, Dictionary<string, JsonElement>? others)
    {
        foreach ((string name, JsonElement value) in others ?? [])
        {
            bool asksForNothing = value.ValueKind is JsonValueKind.Null or JsonValueKind.False
                || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
                || Usual.Contains((name, value.GetRawText()));
            if (!asksForNothing)
            {
                throw NotBuilt(owner + name);
            }
        }
    }

    private static RestException Invalid(string what) => RestException.Refused(400, what);

    private static RestException NotBuilt(string what) => RestException.Refused(500, what + " is not built yet");
}
