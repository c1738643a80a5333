using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Devices.Platform.PciHotplug;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>
/// The machine's PCI devices: places and ids, what clients and the guest do with them, and their end.
/// <code>
///   PlugDevice             client                worker                    own thread
///   ----------             --------------------  ------------------------  ------------------------
///   reserve id, place      (control lock)
///   open, make             (no lock)
///   publish, announce      (control lock)
///                                                guest ejects: off the bus
///                                                (control lock)            finish I/O, close
///                                                id and place are free, DEVICE_DELETED, operation complete
/// </code>
/// </summary>
/// <remarks>Thread: public members any; internal ones with the control lock held, but for those that say otherwise.</remarks>
internal sealed partial class DeviceManager : IDeviceManager, IDisposable
{
    private readonly Lock control;
    private readonly MachinePlatform platform;
    private readonly PciHotplugController hotplug;
    private readonly EventPublisher publisher;
    private readonly OperationBook book;
    private readonly StatusReports reports;
    private readonly BackendSet backends = new();
    private readonly DeviceFactory factory;
    private readonly List<PluggedDevice> devices = [];
    private readonly Dictionary<string, (PcieRootPort Port, int Device)> ports = new(StringComparer.Ordinal);
    private readonly Func<string, bool> isTaken;
    private readonly List<Task> teardowns = [];
    private readonly PortHotplug portHotplug;
    private int anonymousCount;
    private int idCounter;
    private bool ended;

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
        this.publisher = publisher;
        hotplug = platform.Pci.Hotplug;
        isTaken = hooks.IsTaken;
        book = new OperationBook(platform, publisher, log, time, hooks.Cancel);
        reports = new StatusReports(publisher, book, time);
        hostDevices = new HostDevices(platform.MemoryMap, memoryDevices.Space, platform.VfioCalls);
        factory = new DeviceFactory(platform, backends, hostDevices, memoryDevices, time) { PortChanged = OnPortChanged };
        portHotplug = new PortHotplug(control, devices, publisher);
    }

    /// <summary>The guest has started: it has to be told of changes. Set under the control lock.</summary>
    public bool GuestStarted { get; set; }

    /// <summary>Is called, with the control lock held, when what the guest will find at its start has changed.</summary>
    public required Action ChangedBeforeStart { get; init; }

    /// <summary>Bytes of all memory the guest can use, memory devices included.</summary>
    public required Func<ulong> GetMemorySize { get; init; }

    /// <summary>virtio-mem devices that are plugged in.</summary>
    internal IEnumerable<PluggedDevice> MemoryDevices => devices.Where(d => d.IsAttached && d.Parts?.Memory is not null);

    /// <summary>All that may touch guest memory, also what is being taken apart. Takes the control lock.</summary>
    internal IReadOnlyList<DeviceParts> ListParts()
    {
        lock (control)
        {
            return [.. devices.Select(d => d.Parts).OfType<DeviceParts>()];
        }
    }

    /// <summary>Whether anything of the machine has an id.</summary>
    internal bool IsTaken(string id) => devices.Exists(d => d.Id == id) || portHotplug.IsTaken(id) || isTaken(id);

    /// <summary>An object path for a device with this id, or without one.</summary>
    internal string CreatePath(string? id) => id is null
        ? string.Create(CultureInfo.InvariantCulture, $"/machine/peripheral-anon/device[{anonymousCount++}]")
        : $"/machine/peripheral/{id}";

    /// <summary>Opens what the configuration names, before the guest starts. No lock held.</summary>
    /// <exception cref="VmException">One can't be made.</exception>
    public void AddConfigured()
    {
        foreach (BackendConfig backend in platform.Config.Backends.Where(b => b is not MemoryBackendConfig))
        {
            AddBackend(backend);
        }

        foreach (DeviceConfig device in platform.PciDevices)
        {
            if (device is RootPortConfig port)
            {
                AddPort(port);
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
            return [.. devices.Where(d => d.IsAttached).OrderBy(d => d.BusName, StringComparer.Ordinal).ThenBy(d => d.Device).Select(d => d.ToSnapshot())];
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
            string id;
            do
            {
                id = prefix + (idCounter++).ToString(CultureInfo.InvariantCulture);
            }
            while (IsTaken(id));
            return id;
        }
    }

    /// <inheritdoc/>
    public DevicePlug PlugDevice(DeviceConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        PluggedDevice device;
        lock (control)
        {
            device = Reserve(config);
        }

        DeviceParts? parts = null;
        try
        {
            parts = factory.Create(config, (operation, reason, noSpace) => OnFailed(device, operation, reason, noSpace));
            lock (control)
            {
                RequireAlive();
                if (parts.Board is { } board)
                {
                    device.Config = board.Number((ConsoleDeviceConfig)config);
                }

                DevicePlug plug = Attach(device, parts);
                HearHost(device, parts);
                return plug;
            }
        }
        catch (Exception e)
        {
            lock (control)
            {
                devices.Remove(device);
            }

            parts?.Dispose();
            throw e is Interop.HostException or PciResourceException ? new VmException(VmErrorCode.HostFailure, e.Message, e) : e;
        }
    }

    /// <inheritdoc/>
    public IHotplugOperation UnplugDevice(string id)
    {
        lock (control)
        {
            RequireAlive();
            PluggedDevice device = devices.Find(d => d.Id == id || d.Path == id)
                ?? throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{id}' not found") { DeviceId = id };
            if (!device.IsAttached || device.Parts is null)
            {
                throw new VmException(VmErrorCode.InvalidState, $"the device '{id}' is still being plugged in or taken apart") { DeviceId = id };
            }

            if (device.Config is RootPortConfig)
            {
                throw new VmException(VmErrorCode.HotplugNotSupported, $"the root port '{id}' can't be removed") { DeviceId = id };
            }

            RequireUnused(device);
            book.BeginRemoval(device, null);
            HotplugOperation operation = device.Removal!;
            if (GuestStarted)
            {
                hotplug.RequestRemoval(device.HotplugSlot);
                book.Announce([device], d => d.Removal!);
            }
            else
            {
                Detach(device, "removed before the guest started");
            }

            platform.Signals.Wake();
            return operation;
        }
    }

    /// <inheritdoc/>
    public void PlugPort(ConsolePortConfig config, string? deviceId)
    {
        ArgumentNullException.ThrowIfNull(config);
        portHotplug.Plug(config, deviceId, port =>
        {
            RequireAlive();
            RequireFree([port]);
        });
    }

    /// <inheritdoc/>
    public bool TryUnplugPort(string idOrPath) => portHotplug.TryUnplug(idOrPath);

    /// <summary>The guest's agent, where the machine is its host side; null without a port for one.</summary>
    internal GuestAgent.GuestAgentOnliner? FindAgent() => portHotplug.FindAgent();

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
            Virtio.Balloon.VirtioBalloon balloon = devices.Find(d => d.Parts?.Balloon is not null)?.Parts?.Balloon
                ?? throw new VmException(VmErrorCode.DeviceNotFound, "No balloon device has been activated");
            ulong total = GetMemorySize();
            balloon.Target = bytes < total
                ? bytes
                : throw new VmException(VmErrorCode.InvalidDevice, $"a balloon of {bytes} bytes does not leave any of the guest's {total} bytes");
        }
    }

    /// <inheritdoc/>
    public ulong? GetBalloon()
    {
        lock (control)
        {
            return devices.Find(d => d.Parts?.Balloon is not null)?.Parts?.Balloon?.Actual;
        }
    }

    /// <summary>No device has the id of a processor that is to come.</summary>
    /// <param name="requests">The processors.</param>
    /// <param name="isDimm">Tells whether a DIMM has an id.</param>
    /// <exception cref="VmException">DuplicateId.</exception>
    internal void RequireFreeIds(IReadOnlyList<CpuPlugRequest> requests, Func<string, bool> isDimm)
    {
        foreach (CpuPlugRequest request in requests)
        {
            if (request.Id is { } id && (devices.Exists(d => d.Id == id) || portHotplug.IsTaken(id) || isDimm(id)))
            {
                throw new VmException(VmErrorCode.DuplicateId, $"a device with the id '{id}' exists") { CpuIndex = request.Index, DeviceId = id };
            }
        }
    }

    /// <summary>The guest said something about a slot, or changed the balloon.</summary>
    internal void OnSignal(GuestSignal signal)
    {
        if (signal.Kind == GuestSignalKind.BalloonChanged)
        {
            ulong total = GetMemorySize();
            publisher.Publish(new VmEvent.BalloonChanged(total - Math.Min(total, GetBalloon() ?? 0)));
            return;
        }

        if (devices.Find(d => d.IsAttached && d.HotplugSlot == signal.Index && d.Config is not RootPortConfig) is not { } device)
        {
            return;
        }

        switch (signal.Kind)
        {
            case GuestSignalKind.DeviceEjected when !hotplug.IsOccupied(signal.Index):
                book.NoteAftermath(device.EndedRemoval, "the guest ejected the device");
                Detach(device, device.Removal is null ? "ejected by the guest on its own" : "ejected by the guest");
                break;
            case GuestSignalKind.DeviceReleased when device.Removal is not null:
                Detach(device, "released by the guest");
                break;
            case GuestSignalKind.DeviceStatus:
                reports.Handle(device, signal.SourceEvent, signal.Status);
                break;
            case GuestSignalKind.DeviceEnabled when device.Plug is { } plug:
                book.End(device, plug, OperationState.Completed, "the guest uses the slot");
                break;
        }
    }

    /// <inheritdoc cref="OperationBook.Check"/>
    internal TimeSpan CheckOperations() => book.Check(devices.ToArray());

    /// <summary>Withdraws an operation; false if it is no device's, the guest has acted on it, or it has ended.</summary>
    internal bool Cancel(HotplugOperation operation)
    {
        PluggedDevice? device = devices.Find(d => d.Plug == operation || d.Removal == operation);
        if (device is null || operation.Current.OstEvent is not null || device.IsRead)
        {
            return false;
        }

        if (device.Removal == operation)
        {
            device.EndRemoval();
            book.End(device, operation, OperationState.Cancelled, "withdrawn before the guest had acted on it");
            return true;
        }

        book.End(device, operation, OperationState.Cancelled, "withdrawn before the guest had acted on it");
        Detach(device, "the plug was withdrawn");
        return true;
    }

    /// <summary>The machine is being reset, all vCPUs are parked: removals are complete, and the rest begins anew.</summary>
    internal void Reset()
    {
        foreach (PluggedDevice device in devices.Where(d => d.IsAttached && d.Config is not RootPortConfig).ToArray())
        {
            if (device.Removal is not null || !hotplug.IsOccupied(device.HotplugSlot))
            {
                Detach(device, "removed at the reset of the machine");
            }
            else if (device.Plug is { } plug)
            {
                book.End(device, plug, OperationState.Completed, "present at the reset of the machine");
            }

            device.EndedPlug = null;
            device.EndedRemoval = null;
        }

        platform.Pci.Bridge.Reset();

        // The function's reset only begins the device's; guest memory is touched by nobody when this has returned.
        foreach (PluggedDevice device in devices.Where(d => d.IsAttached))
        {
            device.Parts?.Device?.Reset();
        }

        hostDevices.ForgetMemory();
    }

    /// <summary>Takes everything off the buses; open operations fail. <see cref="Dispose"/> waits for the rest.</summary>
    internal void Shutdown()
    {
        ended = true;
        foreach (PluggedDevice device in devices.Where(d => d.IsAttached && d.Config is not RootPortConfig).ToArray())
        {
            foreach (HotplugOperation? operation in (ReadOnlySpan<HotplugOperation?>)[device.Plug, device.Removal])
            {
                if (operation is not null)
                {
                    book.End(device, operation, OperationState.Failed, "the machine ended");
                }
            }

            Detach(device, "the machine ended");
        }
    }

    /// <summary>Returns when nothing is left. Without the control lock.</summary>
    public void Dispose()
    {
        Task[] pending;
        lock (control)
        {
            pending = [.. teardowns];
        }

        Task.WaitAll(pending);
        foreach ((PcieRootPort port, int _) in ports.Values)
        {
            platform.Pci.Bridge.Bus.Remove(port);
            port.Dispose();
        }

        hostDevices.Dispose();
        backends.Dispose();
    }

    // Two agents could not be told apart by the guest either: it finds its port by the name.
    private void RequireFree(IReadOnlyList<ConsolePortConfig> ports)
    {
        if (ports.FirstOrDefault(p => p.Id is { } id && (IsTaken(id) || ports.Count(other => other.Id == id) > 1)) is { } twice)
        {
            throw Duplicate(twice.Id!);
        }

        if (ports.Count(p => p.IsGuestAgent) + (portHotplug.FindAgent() is null ? 0 : 1) > 1 && ports.Any(p => p.IsGuestAgent))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"the machine has a port {ConsolePortConfig.GuestAgentName} already");
        }
    }

    // The driver of a guest can't let go of memory that it has in use.
    private static void RequireUnused(PluggedDevice device)
    {
        if (device.Parts!.Memory is { } memory && (memory.RequestedSize != 0 || memory.PluggedSize != 0))
        {
            throw new VmException(
                VmErrorCode.InvalidState,
                memory.RequestedSize != 0
                    ? $"virtio-mem device cannot get unplugged while its size of 0x{memory.RequestedSize:x} is requested"
                    : $"virtio-mem device cannot get unplugged while 0x{memory.PluggedSize:x} of its memory is still plugged")
            { DeviceId = device.Id };
        }
    }

    private void RequireAlive()
    {
        if (ended)
        {
            throw new VmException(VmErrorCode.InvalidState, "the machine has ended");
        }
    }

    private void AddPort(RootPortConfig config)
    {
        if (config.Id is null)
        {
            throw new VmException(VmErrorCode.InvalidDevice, "a pcie-root-port needs an id: it is the name of its bus");
        }

        if (!PciPlacement.IsRootBus(config.Bus))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"the root port '{config.Id}' is on bus '{config.Bus}', not on {PciPlacement.RootBus}");
        }

        lock (control)
        {
            if (IsTaken(config.Id))
            {
                throw Duplicate(config.Id);
            }

            int number = config.Slot!.Value;
            var port = new PcieRootPort(
                new PcieRootPortOptions { Name = config.Id, PortNumber = config.Port, SlotNumber = config.SlotNumber != 0 ? config.SlotNumber : number },
                platform.Signals);
            platform.Pci.Bridge.Bus.Add(port, number);
            ports.Add(config.Id, (port, number));
            devices.Add(new PluggedDevice(config, PciPlacement.RootBus, number, null, number, hotplug)
            {
                IsAttached = true,
                Path = $"/machine/peripheral/{config.Id}",
            });
        }
    }

    private static VmException Duplicate(string id) => new(VmErrorCode.DuplicateId, $"Duplicate device ID '{id}'") { DeviceId = id };

    private PluggedDevice Reserve(DeviceConfig config)
    {
        RequireAlive();
        if (config is RootPortConfig)
        {
            throw new VmException(VmErrorCode.HotplugNotSupported, "root ports can only be there from the start");
        }

        if (config.Id is { } id && IsTaken(id))
        {
            throw Duplicate(id);
        }

        if (config is BalloonDeviceConfig && devices.Exists(d => d.Config is BalloonDeviceConfig))
        {
            throw new VmException(VmErrorCode.InvalidDevice, "Only one balloon device is supported");
        }

        if (config is ConsoleDeviceConfig console)
        {
            RequireFree(console.Ports);
        }

        PluggedDevice device = PciPlacement.IsRootBus(config.Bus) ? PlaceOnRoot(config) : PlaceBehindPort(config);
        device.Path = CreatePath(config.Id);
        devices.Add(device);
        return device;
    }

    private PluggedDevice PlaceOnRoot(DeviceConfig config)
    {
        // Until its removal is complete a device keeps its place, so places are asked of the list, not of the bus.
        bool IsFree(int slot) => !devices.Exists(d => d.Port is null && d.Device == slot);
        int device = config.Slot ?? Enumerable.Range(1, PciBus.MaximumDevices - 1).Cast<int?>().FirstOrDefault(s => IsFree(s!.Value))
            ?? throw new VmException(VmErrorCode.NoFreeSlot, $"bus {PciPlacement.RootBus} has no free slot for {config.Driver}");
        if (device is < 1 or >= PciBus.MaximumDevices)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"device number {device} is not in 1..{PciBus.MaximumDevices - 1}");
        }

        return IsFree(device)
            ? new PluggedDevice(config, PciPlacement.RootBus, device, null, device, hotplug) { HotPlugged = GuestStarted }
            : throw new VmException(VmErrorCode.SlotOccupied, $"PCI: slot {device} function 0 not available for {config.Driver}, in use by {Occupant(null, device)}");
    }

    private PluggedDevice PlaceBehindPort(DeviceConfig config)
    {
        string bus = config.Bus!;
        if (!ports.TryGetValue(bus, out (PcieRootPort Port, int Device) place))
        {
            throw new VmException(VmErrorCode.BusNotFound, $"Bus '{bus}' not found");
        }

        if (GuestStarted && platform.PciDevices.OfType<RootPortConfig>().First(p => p.Id == bus) is { HotPlug: false })
        {
            throw new VmException(VmErrorCode.HotplugNotSupported, $"Bus '{bus}' does not support hotplugging");
        }

        if (config.Slot is not (null or 0))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"PCI: slot {config.Slot} is not valid for {config.Driver}, parent device only allows plugging into slot 0.");
        }

        return devices.Exists(d => d.Port == place.Port)
            ? throw new VmException(VmErrorCode.SlotOccupied, $"PCI: slot 0 function 0 not available for {config.Driver}, in use by {Occupant(place.Port, 0)}")
            : new PluggedDevice(config, bus, 0, place.Port, PciHotplugController.BehindPort(place.Device), hotplug) { HotPlugged = GuestStarted };
    }

    private string Occupant(PcieRootPort? port, int slot) =>
        devices.Find(d => d.Port == port && d.Device == slot) is { } d ? $"{d.Config.Driver},id={d.Id}" : "another device";

    private DevicePlug Attach(PluggedDevice device, DeviceParts parts)
    {
        PciFunction function = parts.Function!;
        if (device.Port is { } port)
        {
            port.Insert(function);
        }
        else
        {
            platform.Pci.Bridge.Bus.Add(function, device.Device);
            try
            {
                if (GuestStarted)
                {
                    PciResources.Assign(platform.Pci.Bridge, function);
                }
            }
            catch
            {
                platform.Pci.Bridge.Bus.Remove(function);
                throw;
            }
        }

        device.Parts = parts;
        device.IsAttached = true;
        KeepPaused(parts);
        if (parts.Balloon is { } balloon)
        {
            balloon.ActualChanged += _ => platform.Signals.ReportBalloon();
        }

        platform.Pci.SetPresent(device.HotplugSlot, occupied: true);
        book.BeginPlug(device, null);
        HotplugOperation operation = device.Plug!;
        publisher.Publish(new VmEvent.DevicePlugged(device.ToSnapshot()));
        if (!GuestStarted)
        {
            ChangedBeforeStart();
            hotplug.Occupy(device.HotplugSlot);
            book.End(device, operation, OperationState.Completed, "present before the guest started");
        }
        else if (device.Port is not null)
        {
            // The port itself tells the guest.
            hotplug.Occupy(device.HotplugSlot);
            book.Announce([device], d => d.Plug!);
        }
        else
        {
            hotplug.Insert(device.HotplugSlot);
            book.Announce([device], d => d.Plug!);
        }

        platform.Signals.Wake();
        return new DevicePlug(device.ToSnapshot(), operation);
    }

    // Takes it from the guest at once, and the rest apart on a thread of its own; the id stays taken until that is done.
    private void Detach(PluggedDevice device, string detail)
    {
        hotplug.Withdraw(device.HotplugSlot);
        platform.Pci.SetPresent(device.HotplugSlot, occupied: false);
        device.IsAttached = false;
        if (!GuestStarted)
        {
            ChangedBeforeStart();
        }

        if (device.Plug is { } plug)
        {
            book.End(device, plug, OperationState.Failed, detail);
        }

        if (device.Port is { } port)
        {
            port.Remove();
        }
        else
        {
            platform.Pci.Bridge.Bus.Remove(device.Parts!.Function!);
        }

        teardowns.RemoveAll(t => t.IsCompleted);
        teardowns.Add(Task.Factory.StartNew(
            () => TakeApart(device, detail), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
    }

    private void TakeApart(PluggedDevice device, string detail)
    {
        Interop.HostThread.SetCurrentName("limber-teardown");
        device.Parts!.Dispose();
        lock (control)
        {
            devices.Remove(device);
            portHotplug.OnDeviceGone(device);
            publisher.Publish(new VmEvent.DeviceDeleted(device.Id, device.Path));
            if (device.Removal is { } removal)
            {
                book.End(device, removal, OperationState.Completed, detail);
            }
        }
    }

    private void OnPortChanged(string id, bool open)
    {
        lock (control)
        {
            if (!ended && portHotplug.IsTaken(id))
            {
                publisher.Publish(new VmEvent.PortChanged(id, open));
            }
        }
    }

    private void OnFailed(PluggedDevice device, string operation, string reason, bool noSpace)
    {
        // Under no lock of a device: the loop that reports goes on at once.
        _ = Task.Run(() =>
        {
            lock (control)
            {
                if (!ended && device.IsAttached)
                {
                    publisher.Publish(new VmEvent.DeviceFailed(device.ToSnapshot(), operation, reason, noSpace));
                }
            }
        });
    }
}
