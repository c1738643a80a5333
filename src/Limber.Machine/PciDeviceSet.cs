using System;
using System.Linq;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Devices.Platform.PciHotplug;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>
/// PCI devices from their plug to their end: what clients ask for, what the guest does about it, and the operations between.
/// <code>
///   client                        worker                        own thread
///   ----------------------------  ----------------------------  ----------------------------
///   Attach: on the bus, announce
///   Unplug: ask the guest         OnSignal, the guest ejects:
///                                 off the bus                   finish I/O, close;
///                                                               id and place are free,
///                                                               DEVICE_DELETED, operation complete
/// </code>
/// </summary>
/// <remarks>Thread: with the control lock held, but for <see cref="Dispose"/>.</remarks>
internal sealed class PciDeviceSet : IDisposable
{
    private readonly MachinePlatform platform;
    private readonly DeviceTable devices;
    private readonly PciPlaces places;
    private readonly PortHotplug ports;
    private readonly EventPublisher publisher;
    private readonly OperationBook book;
    private readonly StatusReports reports;
    private readonly PciHotplugController hotplug;
    private readonly TeardownThreads teardowns;

    /// <param name="platform">The machine below its devices.</param>
    /// <param name="devices">The devices.</param>
    /// <param name="parts">Where they are; the ports of some.</param>
    /// <param name="publisher">Takes the events.</param>
    /// <param name="book">Keeps the operations.</param>
    /// <param name="time">Clocks.</param>
    public PciDeviceSet(
        MachinePlatform platform,
        DeviceTable devices,
        (PciPlaces Places, PortHotplug Ports) parts,
        EventPublisher publisher,
        OperationBook book,
        TimeProvider time)
    {
        this.platform = platform;
        this.devices = devices;
        places = parts.Places;
        ports = parts.Ports;
        this.publisher = publisher;
        this.book = book;
        reports = new StatusReports(publisher, book, time);
        hotplug = platform.Pci.Hotplug;
        teardowns = new TeardownThreads(devices.Control);
    }

    /// <summary>Is called, with the control lock held, when what the guest will find at its start has changed.</summary>
    public required Action ChangedBeforeStart { get; init; }

    /// <summary>Puts a device that is in the table, and whose parts were made, where the guest finds it, and tells the guest.</summary>
    /// <exception cref="PciResourceException">It can't have its addresses; it is on no bus.</exception>
    public DevicePlug Attach(PluggedDevice device, DeviceParts parts)
    {
        places.Insert(device, parts.Function!);
        device.Parts = parts;
        device.IsAttached = true;
        if (devices.IsPaused)
        {
            // It waits like the others.
            _ = parts.Device?.RequestPause(static () => { });
        }

        if (parts.Balloon is { } balloon)
        {
            balloon.ActualChanged += _ => platform.Signals.ReportBalloon();
        }

        platform.Pci.SetPresent(device.HotplugSlot, occupied: true);
        book.BeginPlug(device, null);
        HotplugOperation operation = device.Plug!;
        publisher.Publish(new VmEvent.DevicePlugged(device.ToSnapshot()));
        if (!devices.GuestStarted)
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

    /// <inheritdoc cref="IDeviceManager.UnplugDevice"/>
    public HotplugOperation Unplug(string id)
    {
        devices.RequireAlive();
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
        if (devices.GuestStarted)
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

    /// <summary>The guest said something about a slot.</summary>
    public void OnSignal(GuestSignal signal)
    {
        if (devices.Find(d => d.IsAttached && d.HotplugSlot == signal.Index && d.Config is not RootPortConfig) is not { } device)
        {
            return;
        }

        switch (signal.Kind)
        {
            case GuestSignalKind.DeviceEjected when !hotplug.IsOccupied(signal.Index):
                book.NoteEjected(device);
                Detach(device, device.Removal is null ? "ejected by the guest on its own" : "ejected by the guest");
                break;
            case GuestSignalKind.DeviceReleased when device.Removal is not null:
                book.NoteEjected(device);
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
    public TimeSpan CheckOperations() => book.Check(devices.All.ToArray());

    /// <summary>Withdraws an operation; false if it is no device's, the guest has acted on it, or it has ended.</summary>
    public bool Cancel(HotplugOperation operation)
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
    public void Reset()
    {
        foreach (PluggedDevice device in devices.Attached.Where(d => d.Config is not RootPortConfig).ToArray())
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
        foreach (PluggedDevice device in devices.Attached)
        {
            device.Parts?.Device?.Reset();
        }
    }

    /// <summary>Takes everything off the buses; open operations fail. <see cref="Dispose"/> waits for the rest.</summary>
    public void Shutdown()
    {
        devices.HasEnded = true;
        foreach (PluggedDevice device in devices.Attached.Where(d => d.Config is not RootPortConfig).ToArray())
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

    /// <summary>Returns when nothing is left of all that went. Without the control lock.</summary>
    public void Dispose() => teardowns.Wait();

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

    // Takes it from the guest at once, and the rest apart on a thread of its own; the id stays taken until that is done.
    private void Detach(PluggedDevice device, string detail)
    {
        hotplug.Withdraw(device.HotplugSlot);
        platform.Pci.SetPresent(device.HotplugSlot, occupied: false);
        device.IsAttached = false;
        if (!devices.GuestStarted)
        {
            ChangedBeforeStart();
        }

        if (device.Plug is { } plug)
        {
            book.End(device, plug, OperationState.Failed, detail);
        }

        places.Remove(device);
        teardowns.Start(() => TakeApart(device, detail));
    }

    // On a thread of its own: the control lock is taken when the waiting is over.
    private void TakeApart(PluggedDevice device, string detail)
    {
        device.Parts!.Dispose();
        lock (devices.Control)
        {
            devices.Remove(device);
            if (device.Removal is { } removal)
            {
                book.End(device, removal, OperationState.Completed, detail);
            }

            if (!devices.HasEnded)
            {
                ports.OnDeviceGone(device);
                publisher.Publish(new VmEvent.DeviceDeleted(device.Id, device.Path));
            }
        }
    }
}
