using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;

namespace Limber.CommandLine.Devices;

/// <summary>
/// The devices and backends of a command line that names backends by id, and what may refer to what. Refusals are
/// <see cref="OptionException"/>; who calls puts the option in front.
/// </summary>
/// <param name="takeChardev">Takes the character device with an id; null when there is none.</param>
/// <param name="rootBus">The root bus as this machine type calls it.</param>
internal sealed class DeviceCollection(Func<string, ChardevConfig?> takeChardev, string rootBus) : IDeviceReferences
{
    private const string MachineRootBus = "pcie.0";

    private readonly BlockNodeTable _nodes = new();
    private readonly Dictionary<string, NamedObject> _objects = new(StringComparer.Ordinal);
    private readonly List<(string Name, Drive Drive)> _drives = [];
    private readonly List<NetBackendConfig> _networks = [];
    private readonly List<DeviceConfig> _devices = [];
    private readonly List<DimmConfig> _dimms = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly HashSet<string> _usedMemory = new(StringComparer.Ordinal);
    private readonly HashSet<string> _bootMemory = new(StringComparer.Ordinal);

    /// <summary>The devices, those that drives bring with them last.</summary>
    public ImmutableArray<DeviceConfig> Devices =>
    [
        .. _devices,
        .. _drives.Where(item => item.Drive.MakesDevice ?? !_used.Contains(item.Name)).Select(item => new DiskDeviceConfig { Backend = item.Name }),
    ];

    /// <summary>The memory modules.</summary>
    public ImmutableArray<DimmConfig> Dimms => [.. _dimms];

    /// <summary>The backends in the order they were added, without what is boot memory or persistent memory.</summary>
    public ImmutableArray<BackendConfig> Backends =>
    [
        .. _nodes.Images.Select(node => new BlockBackendConfig { Name = node.Name!, Image = node.Image }),
        .. _drives.Select(item => new BlockBackendConfig { Name = item.Name, Image = item.Drive.Image }),
        .. _networks,
        .. _objects.Values.OfType<NamedObject.Memory>().Select(static memory => memory.Config).Where(IsOfMemoryDevices),
    ];

    /// <summary>Takes the memory with an id for the machine's start, or says why it can't be had.</summary>
    /// <param name="id">Id of a memory backend.</param>
    /// <returns>Null when no memory has the id.</returns>
    /// <exception cref="OptionException">Something uses it.</exception>
    public MemoryBackendConfig? TakeBootMemory(string id)
    {
        if (FindObject(id) is not NamedObject.Memory { Config: { } memory })
        {
            return null;
        }

        if (_bootMemory.Contains(id))
        {
            throw new OptionException($"memory backend {id} can't be used multiple times.");
        }

        UseMemory(id);
        _bootMemory.Add(id);
        return memory;
    }

    public void AddObject(NamedObject added)
    {
        if (!_objects.TryAdd(added.Id, added))
        {
            throw new OptionException($"attempt to add duplicate property '{added.Id}' to object (type 'container')");
        }
    }

    public void AddNode(OptionBag bag)
    {
        BlockNode node = BlockdevOptions.Read(bag, FindNode);
        _nodes.Add(node);
    }

    public void AddDrive(Drive drive)
    {
        string name = drive.Id ?? FreeDriveName();
        if (HasBlockBackend(name))
        {
            throw new OptionException($"Duplicate ID '{name}' for drive");
        }

        _drives.Add((name, drive));
    }

    public void AddNetwork(NetBackendConfig backend)
    {
        if (HasNetBackend(backend.Name))
        {
            throw new OptionException($"Duplicate ID '{backend.Name}' for netdev");
        }

        _networks.Add(backend);
    }

    /// <summary>A device, or a port of the console device before it.</summary>
    public void AddDevice(OptionBag bag)
    {
        string? driver = bag.TryGet("driver", out OptionValue value) ? value.AsText() : null;
        if (driver is null)
        {
            throw new OptionException("Parameter 'driver' is missing");
        }

        if (bag.TryGet("id", out OptionValue id))
        {
            CheckId(id.AsText() ?? string.Empty);
        }

        if (ConsolePorts.IsPort(driver))
        {
            ConsolePorts.Join(bag, this, _devices);
            return;
        }

        if (driver == DimmOptions.Driver)
        {
            DimmConfig dimm = DimmOptions.Read(bag, this);
            UseMemory(dimm.Backend!);
            _dimms.Add(dimm);
            return;
        }

        DeviceDriver found = DeviceCatalog.Find(driver)
            ?? throw new OptionException(DeviceCatalog.FindReason(driver) ?? $"'{driver}' is not a valid device model name");
        DeviceConfig device = found.Read(bag, this);
        device = device with { Bus = ResolveBus(device.Bus) };
        Claim(device);
        _devices.Add(device);
    }

    public bool HasBlockBackend(string name)
    {
        if (_nodes.UserOf(name) is { } user)
        {
            throw new OptionException($"Node '{name}' is in use by node '{user}'");
        }

        return FindNode(name) is not null;
    }

    public bool HasNetBackend(string name) => _networks.Exists(network => network.Name == name);

    public NamedObject? FindObject(string id) => _objects.GetValueOrDefault(id);

    public ChardevConfig? TakeChardev(string id) => takeChardev(id);

    private BlockNode? FindNode(string name) => _nodes.Find(name)
        ?? (_drives.Find(item => item.Name == name).Drive is { } drive
            ? new BlockNode { Name = name, Driver = drive.Image.Format == BlockFormat.Qcow2 ? "qcow2" : "raw", Image = drive.Image, Child = NoChild(drive) }
            : null);

    // A drive is no protocol node: nothing can be put on top of it.
    private static BlockNode NoChild(Drive drive) => new() { Driver = "file", Image = drive.Image };

    private string FreeDriveName()
    {
        int number = 0;
        while (FindNode($"virtio{number}") is not null)
        {
            number++;
        }

        return $"virtio{number}";
    }

    private void CheckId(string id)
    {
        if (!Identifier.IsValid(id))
        {
            throw new OptionException("Parameter 'id' expects an identifier: letters, digits, '-', '.', '_', starting with a letter");
        }

        if (_dimms.Exists(dimm => dimm.Id == id)
            || _devices.Exists(device => device.Id == id || (device is ConsoleDeviceConfig console && console.Ports.Any(port => port.Id == id))))
        {
            throw new OptionException($"Duplicate ID '{id}' for device");
        }
    }

    private string? ResolveBus(string? bus) =>
        bus is null ? null
        : bus == rootBus ? MachineRootBus
        : _devices.Exists(device => device is RootPortConfig && device.Id == bus) ? bus
        : throw new OptionException($"Bus '{bus}' not found");

    private bool IsOfMemoryDevices(MemoryBackendConfig memory) =>
        !_bootMemory.Contains(memory.Name)
        && !_devices.OfType<PmemDeviceConfig>().Any(device => device.File == memory.Path);

    private void UseMemory(string id)
    {
        if (!_usedMemory.Add(id))
        {
            throw new OptionException($"can't use already busy memdev: {id}");
        }
    }

    private void Claim(DeviceConfig device)
    {
        if (device is VirtioMemDeviceConfig { Backend: { } memory })
        {
            UseMemory(memory);
        }

        if (device is DiskDeviceConfig { Backend: { } drive } && !_used.Add(drive))
        {
            throw new OptionException($"Drive '{drive}' is already in use by another block device");
        }

        if (device is DiskDeviceConfig disk && _drives.Exists(item => item.Name == disk.Backend && item.Drive.MakesDevice == true))
        {
            throw new OptionException($"Drive '{disk.Backend}' is already in use because it has been automatically connected to another device (did you need 'if=none' in the drive options?)");
        }

        if (device is NetDeviceConfig { Backend: { } network }
            && _devices.OfType<NetDeviceConfig>().Any(other => other.Backend == network))
        {
            throw new OptionException($"Property 'virtio-net-device.netdev' can't take value '{network}', it's in use");
        }
    }
}
