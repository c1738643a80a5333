using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Servers.Tests.Support;

/// <summary>A root bus with root ports, whose guest lets go of devices when the test says so.</summary>
internal sealed class FakeDeviceManager : IDeviceManager
{
    private const string Root = "pcie.0";

    private readonly List<DeviceInfo> devices = [];
    private readonly List<BackendConfig> backends = [];
    private int anonymous;
    private long operations;

    /// <summary>Set when the test wants events.</summary>
    public FakeVirtualMachine? Machine { get; set; }

    public VmException? NextRefusal { get; set; }

    /// <summary>Files that can't be opened.</summary>
    public HashSet<string> MissingFiles { get; } = [];

    public List<string> Calls { get; } = [];

    public ulong? Balloon { get; set; }

    public ulong BackendSize { get; init; } = 1 << 20;

    public IReadOnlyList<DeviceInfo> GetDevices() => [.. devices];

    public DeviceInfo? FindDevice(string id) => devices.FirstOrDefault(device => device.Id == id);

    public string CreateDeviceId(string prefix) => prefix + "0";

    public DevicePlug PlugDevice(DeviceConfig config)
    {
        ThrowRefusal();
        string bus = config.Bus ?? Root;
        if (config is RootPortConfig && Machine is not null)
        {
            throw new VmException(VmErrorCode.HotplugNotSupported, "a root port can't be plugged");
        }

        if (Backend(config) is { } name && backends.Exists(backend => backend.Name == name) && User(name) is { } user)
        {
            throw new VmException(VmErrorCode.BackendInUse, $"'{name}' is in use by {user.Path}");
        }

        bool isRoot = bus == Root;
        int slot = config.Slot ?? (isRoot ? devices.Count(device => device.Bus == Root) + 1 : 0);
        if (devices.FirstOrDefault(device => device.Bus == bus && device.Location.Device == slot) is { } occupant)
        {
            throw new VmException(VmErrorCode.SlotOccupied, "occupied") { DeviceId = occupant.Id };
        }

        byte busNumber = isRoot ? (byte)0 : (byte)(1 + devices.FindIndex(device => device.Id == bus));
        string path = config.Id is { } id ? "/machine/peripheral/" + id : $"/machine/peripheral-anon/device[{anonymous++}]";
        DeviceInfo info = new(config.Id, path, new PciLocation(busNumber, (byte)slot, 0), bus, config, false, Machine is not null);
        devices.Add(info);
        Machine?.Raise(new VmEvent.DevicePlugged(info));
        return new DevicePlug(info, Begin(OperationKind.DevicePlug, config.Id ?? path));
    }

    public IHotplugOperation UnplugDevice(string id)
    {
        ThrowRefusal();
        Calls.Add("unplug " + id);
        return Begin(OperationKind.DeviceUnplug, id);
    }

    /// <summary>The guest lets go of a device.</summary>
    public void GuestEject(string id)
    {
        DeviceInfo device = FindDevice(id)!;
        devices.Remove(device);
        Machine!.Raise(new VmEvent.DeviceDeleted(device.Id, device.Path));
    }

    public void PlugPort(ConsolePortConfig config, string? deviceId)
    {
        ThrowRefusal();
        int at = devices.FindLastIndex(device => device.Config is ConsoleDeviceConfig && (deviceId is null || device.Id == deviceId));
        if (at < 0)
        {
            throw new VmException(VmErrorCode.BusNotFound, $"Bus '{deviceId}.0' not found");
        }

        var console = (ConsoleDeviceConfig)devices[at].Config;
        devices[at] = devices[at] with { Config = console with { Ports = console.Ports.Add(config) } };
        Machine?.Raise(new VmEvent.PortPlugged(config.Id));
    }

    public bool TryUnplugPort(string idOrPath)
    {
        int at = devices.FindIndex(device => device.Config is ConsoleDeviceConfig console && console.Ports.Any(port => port.Id == idOrPath));
        if (at < 0)
        {
            return false;
        }

        var config = (ConsoleDeviceConfig)devices[at].Config;
        devices[at] = devices[at] with { Config = config with { Ports = config.Ports.RemoveAll(port => port.Id == idOrPath) } };
        Machine!.Raise(new VmEvent.DeviceDeleted(idOrPath, "/machine/peripheral/" + idOrPath));
        return true;
    }

    public IReadOnlyList<BackendInfo> GetBackends() =>
    [
        .. backends.Select(backend => new BackendInfo(
            backend,
            User(backend.Name)?.Path,
            backend is BlockBackendConfig ? BackendSize : 0,
            backend is BlockBackendConfig block ? (block.Image.Format == BlockFormat.Qcow2 ? "qcow2" : "raw") : null)),
    ];

    public void AddBackend(BackendConfig config)
    {
        ThrowRefusal();
        if (config is BlockBackendConfig block && MissingFiles.Contains(block.Image.Path))
        {
            throw new VmException(VmErrorCode.HostFailure, $"Could not open '{block.Image.Path}': No such file or directory");
        }

        if (backends.Exists(backend => backend.Name == config.Name && backend is BlockBackendConfig == config is BlockBackendConfig))
        {
            throw new VmException(VmErrorCode.DuplicateId, $"'{config.Name}' exists");
        }

        backends.Add(config);
    }

    public void RemoveBlockBackend(string name)
    {
        if (User(name) is { } user)
        {
            throw new VmException(VmErrorCode.BackendInUse, $"'{name}' is in use by {user.Path}");
        }

        if (backends.RemoveAll(backend => backend is BlockBackendConfig && backend.Name == name) == 0)
        {
            throw new VmException(VmErrorCode.BackendNotFound, $"no backend '{name}'");
        }
    }

    public void RemoveNetBackend(string name)
    {
        if (backends.RemoveAll(backend => backend is NetBackendConfig && backend.Name == name) == 0)
        {
            throw new VmException(VmErrorCode.BackendNotFound, $"no backend '{name}'");
        }
    }

    public void SetLink(string name, bool up)
    {
        if (!devices.Exists(device => device.Id == name))
        {
            throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{name}' not found");
        }

        Links[name] = up;
    }

    /// <summary>What was asked for.</summary>
    public Dictionary<string, bool> Links { get; } = [];

    public void ResizeDisk(string device, ulong bytes)
    {
        if (FindDevice(device) is null && !backends.Exists(backend => backend.Name == device))
        {
            throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{device}' not found");
        }

        Calls.Add(string.Create(CultureInfo.InvariantCulture, $"resize {device} {bytes}"));
    }

    public void SetBalloon(ulong bytes) => Balloon = bytes;

    public ulong? GetBalloon() => Balloon;

    /// <summary>A machine with three ports, a disk behind the first, and things that nothing uses.</summary>
    public static FakeVirtualMachine CreateMachine()
    {
        FakeDeviceManager manager = new() { Balloon = 0 };
        foreach (string port in (string[])["rp1", "rp2", "rp3"])
        {
            manager.PlugDevice(new RootPortConfig { Id = port });
        }

        manager.AddBackend(new BlockBackendConfig { Name = "d0", Image = new BlockImageConfig { Path = "/d0", Format = BlockFormat.Raw } });
        manager.AddBackend(new BlockBackendConfig { Name = "spare", Image = new BlockImageConfig { Path = "/spare", Format = BlockFormat.Raw } });
        manager.AddBackend(new TapBackendConfig { Name = "net0", Interface = "tap0" });
        manager.PlugDevice(new DiskDeviceConfig { Id = "b0", Bus = "rp1", Backend = "d0" });
        FakeVirtualMachine machine = new(name: "vm") { Devices = manager };
        manager.Machine = machine;
        return machine;
    }

    private DeviceInfo? User(string backend) => devices.FirstOrDefault(device => Backend(device.Config) == backend);

    private static string? Backend(DeviceConfig config) => config switch
    {
        DiskDeviceConfig disk => disk.Backend,
        NetDeviceConfig network => network.Backend,
        _ => null,
    };

    private void ThrowRefusal()
    {
        if (NextRefusal is { } refusal)
        {
            NextRefusal = null;
            throw refusal;
        }
    }

    private FakeOperation Begin(OperationKind kind, string target)
    {
        FakeOperation operation = new(Machine ?? new FakeVirtualMachine(), new OperationSnapshot
        {
            Id = ++operations,
            Kind = kind,
            State = OperationState.Notified,
            CpuIndex = -1,
            Target = target,
            RequestedAt = DateTimeOffset.UnixEpoch,
        });
        return operation;
    }
}
