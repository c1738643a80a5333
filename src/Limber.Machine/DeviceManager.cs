using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.VirtioDevices.Net;

namespace Limber.Machine;

/// <summary>
/// The machine's PCI devices for clients. Who is there is in <see cref="DeviceTable"/>; <see cref="DeviceIds"/> and
/// <see cref="PciPlaces"/> know what is free, <see cref="DevicePlugging"/> brings devices in, and what happens to them until
/// their end is <see cref="PciDeviceSet"/>'s.
/// </summary>
/// <remarks>Thread: public members any; internal ones with the control lock held, but for those that say otherwise.</remarks>
internal sealed class DeviceManager : IDeviceManager, IDisposable
{
    private readonly Lock control;
    private readonly MachinePlatform platform;
    private readonly BackendSet backends = new();
    private readonly HostDevices hostDevices;
    private readonly DeviceTable devices;
    private readonly DeviceIds ids;
    private readonly PciPlaces places;
    private readonly PortHotplug ports;
    private readonly PciDeviceSet plugged;
    private readonly BalloonControl balloon;
    private readonly DevicePlugging plugging;

    /// <param name="control">The machine's control lock.</param>
    /// <param name="platform">The machine below its devices.</param>
    /// <param name="publisher">Takes the events.</param>
    /// <param name="log">Keeps the operations for clients.</param>
    /// <param name="time">Clocks.</param>
    /// <param name="hooks">Withdraws an operation for a client, with the control lock taken by it; tells whether a processor or DIMM has an id.</param>
    /// <param name="memoryDevices">Makes virtio-mem devices.</param>
    public DeviceManager(
        Lock control,
        MachinePlatform platform,
        EventPublisher publisher,
        OperationLog log,
        TimeProvider time,
        (Func<HotplugOperation, bool> Cancel, Func<string, bool> IsTaken) hooks,
        VirtioMemFactory memoryDevices)
    {
        this.control = control;
        this.platform = platform;
        devices = new DeviceTable(control);
        Pausing = new DevicePause(devices);
        ports = new PortHotplug(devices, publisher);
        ids = new DeviceIds(devices, ports, hooks.IsTaken);
        places = new PciPlaces(platform, devices, ids);
        plugged = new PciDeviceSet(platform, devices, (places, ports), publisher, new OperationBook(platform, publisher, log, time, hooks.Cancel), time)
        {
            ChangedBeforeStart = () => ChangedBeforeStart!(),
        };
        balloon = new BalloonControl(devices, publisher) { GetMemorySize = () => GetMemorySize!() };
        var notices = new DeviceNotices(devices, ports, plugged, publisher);
        hostDevices = new HostDevices(platform.MemoryMap, memoryDevices.Space, platform.VfioCalls);
        var factory = new DeviceFactory(platform, backends, hostDevices, memoryDevices, time) { PortChanged = notices.OnPortChanged };
        plugging = new DevicePlugging(devices, ids, places, plugged, factory, notices);
    }

    /// <summary>The guest has started: it has to be told of changes. Set under the control lock.</summary>
    public bool GuestStarted
    {
        get => devices.GuestStarted;
        set => devices.GuestStarted = value;
    }

    /// <summary>Is called, with the control lock held, when what the guest will find at its start has changed.</summary>
    public required Action ChangedBeforeStart { get; init; }

    /// <summary>Bytes of all memory the guest can use, memory devices included.</summary>
    public required Func<ulong> GetMemorySize { get; init; }

    /// <summary>Stops the devices with the machine.</summary>
    internal DevicePause Pausing { get; }

    /// <summary>virtio-mem devices that are plugged in.</summary>
    internal IEnumerable<PluggedDevice> MemoryDevices => devices.Attached.Where(d => d.Parts?.Memory is not null);

    /// <summary>All that may touch guest memory, also what is being taken apart. Takes the control lock.</summary>
    internal IReadOnlyList<DeviceParts> ListParts()
    {
        lock (control)
        {
            return [.. devices.All.Select(d => d.Parts).OfType<DeviceParts>()];
        }
    }

    /// <inheritdoc cref="DeviceIds.IsTaken"/>
    internal bool IsTaken(string id) => ids.IsTaken(id);

    /// <inheritdoc cref="DeviceIds.CreatePath"/>
    internal string CreatePath(string? id) => ids.CreatePath(id);

    /// <inheritdoc cref="DeviceIds.RequireFree(IReadOnlyList{CpuPlugRequest}, Func{string, bool})"/>
    internal void RequireFreeIds(IReadOnlyList<CpuPlugRequest> requests, Func<string, bool> isDimm) => ids.RequireFree(requests, isDimm);

    /// <summary>Opens what the configuration names, before the guest starts. No lock held.</summary>
    /// <exception cref="VmException">One can't be made.</exception>
    public void AddConfigured()
    {
        foreach (BackendConfig backend in platform.Config.Backends.Where(b => b is not MemoryBackendConfig))
        {
            AddBackend(backend);
        }

        // A device may be behind a port that is named later.
        foreach (RootPortConfig port in platform.PciDevices.OfType<RootPortConfig>())
        {
            lock (control)
            {
                places.AddPort(port);
            }
        }

        foreach (DeviceConfig device in platform.PciDevices.Where(d => d is not RootPortConfig))
        {
            PlugDevice(device);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<DeviceInfo> GetDevices()
    {
        lock (control)
        {
            return [.. devices.Attached.OrderBy(d => d.BusName, StringComparer.Ordinal).ThenBy(d => d.Device).Select(d => d.ToSnapshot())];
        }
    }

    /// <inheritdoc/>
    public DeviceInfo? FindDevice(string id)
    {
        lock (control)
        {
            return devices.Find(d => d.Id == id && d.IsAttached)?.ToSnapshot();
        }
    }

    /// <inheritdoc/>
    public string CreateDeviceId(string prefix)
    {
        lock (control)
        {
            return ids.Create(prefix);
        }
    }

    /// <inheritdoc/>
    public DevicePlug PlugDevice(DeviceConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return plugging.Plug(config);
    }

    /// <inheritdoc/>
    public IHotplugOperation UnplugDevice(string id)
    {
        lock (control)
        {
            return plugged.Unplug(id);
        }
    }

    /// <inheritdoc/>
    public void PlugPort(ConsolePortConfig config, string? deviceId)
    {
        ArgumentNullException.ThrowIfNull(config);
        ports.Plug(config, deviceId, port =>
        {
            devices.RequireAlive();
            ids.RequireFree([port]);
        });
    }

    /// <inheritdoc/>
    public bool TryUnplugPort(string idOrPath) => ports.TryUnplug(idOrPath);

    /// <summary>The guest's agent, where the machine is its host side; null without a port for one.</summary>
    internal GuestAgent.GuestAgentOnliner? FindAgent() => ports.FindAgent();

    /// <inheritdoc/>
    public IReadOnlyList<BackendInfo> GetBackends() => backends.GetAll();

    /// <inheritdoc/>
    public void AddBackend(BackendConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        backends.Add(config);
    }

    /// <inheritdoc/>
    public void RemoveBlockBackend(string name) => backends.RemoveBlock(name);

    /// <inheritdoc/>
    public void RemoveNetBackend(string name) => backends.RemoveNet(name);

    /// <inheritdoc/>
    public void SetLink(string name, bool up)
    {
        PluggedDevice device;
        lock (control)
        {
            device = devices.Find(d => d is { IsAttached: true, Parts.Device: INetCard } && (d.Id == name || ((NetDeviceConfig)d.Config).Backend == name))
                ?? throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{name}' not found") { DeviceId = name };
        }

        backends.SetLink(((NetDeviceConfig)device.Config).Backend, (INetCard)device.Parts!.Device!, up);
    }

    /// <inheritdoc/>
    public void ResizeDisk(string device, ulong bytes)
    {
        DeviceParts parts;
        lock (control)
        {
            parts = devices.Find(d => d.Parts?.Disk is not null && (d.Id == device || (d.Config as DiskDeviceConfig)?.Backend == device))?.Parts
                ?? throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{device}' not found") { DeviceId = device };
        }

        try
        {
            parts.Image!.Resize(bytes);
            parts.Disk!.NotifyResized();
        }
        catch (Block.BlockImageException e)
        {
            throw new VmException(VmErrorCode.InvalidDevice, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void SetBalloon(ulong bytes)
    {
        lock (control)
        {
            balloon.SetTarget(bytes);
        }
    }

    /// <inheritdoc/>
    public ulong? GetBalloon()
    {
        lock (control)
        {
            return balloon.Actual;
        }
    }

    /// <summary>The guest said something about a slot, or changed the balloon.</summary>
    internal void OnSignal(GuestSignal signal)
    {
        if (signal.Kind == GuestSignalKind.BalloonChanged)
        {
            balloon.OnChanged();
        }
        else
        {
            plugged.OnSignal(signal);
        }
    }

    /// <inheritdoc cref="PciDeviceSet.CheckOperations"/>
    internal TimeSpan CheckOperations() => plugged.CheckOperations();

    /// <inheritdoc cref="PciDeviceSet.Cancel"/>
    internal bool Cancel(HotplugOperation operation) => plugged.Cancel(operation);

    /// <summary>The machine is being reset, all vCPUs are parked: removals are complete, and nothing touches guest memory.</summary>
    internal void Reset()
    {
        plugged.Reset();
        hostDevices.ForgetMemory();
    }

    /// <summary>Guest memory is what it will be when vCPUs run again.</summary>
    /// <exception cref="Vfio.VfioException">The host did not let devices see it.</exception>
    internal void OnMemoryReady() => hostDevices.MapMemory();

    /// <inheritdoc cref="PciDeviceSet.Shutdown"/>
    internal void Shutdown() => plugged.Shutdown();

    /// <summary>Returns when nothing is left. Without the control lock.</summary>
    public void Dispose()
    {
        plugged.Dispose();
        places.Dispose();
        hostDevices.Dispose();
        backends.Dispose();
    }
}
