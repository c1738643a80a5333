using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Config;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// The machine's DIMMs: slots and places, what clients and the guest do with them, and their end.
/// <code>
///   Plug                   client                worker                    own thread
///   ----------             --------------------  ------------------------  --------------------------------
///   reserve id, slot       (control lock)
///   pages, map, vhost      (no lock)
///   show, announce         (control lock)
///                                                guest ejects: unreachable
///                                                (control lock)            map, devices, pages
///                                                slot is free, DEVICE_DELETED, operation complete
/// </code>
/// </summary>
/// <remarks>Thread: <see cref="Plug"/> any without the control lock; the rest with it held, but for what says otherwise.</remarks>
internal sealed class DimmSet : IDisposable
{
    private readonly Lock control;
    private readonly MachinePlatform platform;
    private readonly MemoryPlatform memory;
    private readonly MemoryBackendSet backends;
    private readonly MemorySpace space;
    private readonly EventPublisher publisher;
    private readonly OperationBook book;
    private readonly StatusReports reports;
    private readonly DimmSlots dimms;
    private readonly DimmTeardown teardown;
    private readonly DimmFiles files;

    /// <param name="control">The machine's control lock.</param>
    /// <param name="platform">The machine below its devices.</param>
    /// <param name="parts">Backends and addresses.</param>
    /// <param name="publisher">Takes the events.</param>
    /// <param name="book">Keeps the operations.</param>
    /// <param name="time">Clocks.</param>
    public DimmSet(
        Lock control,
        MachinePlatform platform,
        (MemoryBackendSet Backends, MemorySpace Space) parts,
        EventPublisher publisher,
        OperationBook book,
        TimeProvider time)
    {
        this.control = control;
        this.platform = platform;
        memory = platform.DeviceMemory;
        backends = parts.Backends;
        space = parts.Space;
        this.publisher = publisher;
        this.book = book;
        reports = new StatusReports(publisher, book, time);
        dimms = new DimmSlots(platform);
        teardown = new DimmTeardown(control, memory, dimms, publisher, book);
        files = new DimmFiles(control, new MemoryFiles(platform.LostPages), publisher);
    }

    /// <summary>The guest has started: it has to be told of changes.</summary>
    public bool GuestStarted { get; set; }

    /// <summary>Is called, with the control lock held, when what the guest will find at its start has changed.</summary>
    public required Action ChangedBeforeStart { get; init; }

    /// <summary>Whether anything of the machine has an id; object paths for devices with and without one.</summary>
    public required (Func<string, bool> IsTaken, Func<string?, string> CreatePath) Names { get; init; }

    /// <summary>DIMMs that the guest can have, by the time they came.</summary>
    public IEnumerable<DimmState> Attached => dimms.Attached;

    /// <summary>Whether a DIMM has an id.</summary>
    public bool HasId(string id) => dimms.Find(d => d.Id == id) is not null;

    /// <inheritdoc cref="IMemoryManager.PlugDimm"/>
    /// <param name="config">The DIMM.</param>
    /// <param name="deadline">For the guest's answer; null for the default.</param>
    /// <param name="atReset">The machine is being reset: the guest finds it when it starts. With the control lock held.</param>
    public IHotplugOperation Plug(DimmConfig config, TimeSpan? deadline, bool atReset = false)
    {
        DimmState dimm;
        lock (control)
        {
            RequireAlive();
            dimm = dimms.Reserve(config, Names, GuestStarted);
        }

        try
        {
            dimm.Memory = DeviceMemory.Create(
                space, backends, (config.Backend, config.Memory), config.Address, dimm.Path, DimmSlots.CheckBackend);
            files.Watch(dimm);
            dimm.Memory.Publish();
            lock (control)
            {
                RequireAlive();
                return Attach(dimm, deadline, atReset);
            }
        }
        catch (Exception e)
        {
            dimm.Memory?.Dispose();
            lock (control)
            {
                dimms.Remove(dimm);
            }

            throw e is Interop.HostException ? new VmException(VmErrorCode.HostFailure, e.Message, e) : e;
        }
    }

    /// <inheritdoc cref="IMemoryManager.UnplugDimm"/>
    public IHotplugOperation Unplug(string id, TimeSpan? deadline)
    {
        RequireAlive();
        DimmState dimm = dimms.Find(d => d.Id == id || d.Path == id)
            ?? throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{id}' not found") { DeviceId = id };
        if (!dimm.IsAttached)
        {
            throw new VmException(VmErrorCode.InvalidState, $"the DIMM '{id}' is still being plugged in or taken apart") { DeviceId = id };
        }

        return Unplug(dimm, deadline);
    }

    /// <inheritdoc cref="Unplug(string, TimeSpan?)"/>
    public IHotplugOperation Unplug(DimmState dimm, TimeSpan? deadline)
    {
        book.BeginRemoval(dimm, deadline);
        HotplugOperation operation = dimm.Removal!;
        if (GuestStarted)
        {
            memory.Hotplug!.RequestRemoval(dimm.Slot);
            book.Announce([dimm], d => d.Removal!);
        }
        else
        {
            TakeAway(dimm, "removed before the guest started");
        }

        platform.Signals.Wake();
        return operation;
    }

    /// <summary>The guest said something about a slot.</summary>
    public void OnSignal(GuestSignal signal)
    {
        if (dimms.Find(d => d.IsAttached && d.Slot == signal.Index) is not { } dimm)
        {
            if (signal.Kind == GuestSignalKind.DimmStatus)
            {
                reports.HandleEmpty(
                    new VmEvent.AcpiDeviceOst(null, signal.Index, signal.SourceEvent, signal.Status) { Class = DeviceClass.Dimm });
            }

            return;
        }

        if (signal.Kind == GuestSignalKind.DimmStatus)
        {
            reports.Handle(dimm, signal.SourceEvent, signal.Status);
        }
        else if (!memory.Hotplug!.IsPresent(dimm.Slot))
        {
            book.NoteEjected(dimm);
            Detach(dimm, dimm.Removal is null ? "ejected by the guest on its own" : "ejected by the guest");
        }
    }

    /// <inheritdoc cref="OperationBook.Check"/>
    public TimeSpan CheckOperations() => book.Check(dimms.All);

    /// <summary>Withdraws an operation; false if it is no DIMM's, the guest has acted on it, or it has ended.</summary>
    public bool Cancel(HotplugOperation operation)
    {
        DimmState? dimm = dimms.Find(d => d.Plug == operation || d.Removal == operation);
        if (dimm is null || operation.Current.OstEvent is not null)
        {
            return false;
        }

        bool isPlug = dimm.Plug == operation;
        if (!(isPlug ? memory.Hotplug!.TryWithdraw(dimm.Slot) : memory.Hotplug!.TryEndRemoval(dimm.Slot)))
        {
            return false;
        }

        book.End(dimm, operation, OperationState.Cancelled, "withdrawn before the guest had acted on it");
        if (isPlug)
        {
            Detach(dimm, "the plug was withdrawn");
        }

        return true;
    }

    /// <summary>
    /// The machine is being reset, all vCPUs are parked and devices quiet: removals are complete, and what stays is zeros.
    /// </summary>
    public void Reset()
    {
        foreach (DimmState dimm in Attached.ToArray())
        {
            if (dimm.Removal is not null || !memory.Hotplug!.IsPresent(dimm.Slot))
            {
                Detach(dimm, "removed at the reset of the machine");
                continue;
            }

            if (dimm.Plug is { } plug)
            {
                book.End(dimm, plug, OperationState.Completed, "present at the reset of the machine");
            }

            dimm.EndedPlug = null;
            dimm.EndedRemoval = null;
            dimm.Memory!.Clear();
        }
    }

    /// <summary>Removes a DIMM at a reset of the machine: no guest has to be asked, no device is busy, and its place is free at once.</summary>
    public void RemoveAtReset(DimmState dimm) => TakeAway(dimm, "removed at the reset of the machine, as was asked for");

    /// <summary>Takes everything from the guest; open operations fail. <see cref="Dispose"/> waits for the rest.</summary>
    public void Shutdown()
    {
        teardown.HasEnded = true;
        foreach (DimmState dimm in Attached.ToArray())
        {
            teardown.Fail(dimm, "the machine ended");
            Detach(dimm, "the machine ended");
        }
    }

    /// <summary>Returns when nothing is left. Without the control lock.</summary>
    public void Dispose()
    {
        teardown.Dispose();
        files.Dispose();
    }

    private void RequireAlive()
    {
        if (teardown.HasEnded)
        {
            throw new VmException(VmErrorCode.InvalidState, "the machine has ended");
        }
    }

    private HotplugOperation Attach(DimmState dimm, TimeSpan? deadline, bool atReset)
    {
        DeviceMemory pages = dimm.Memory!;
        dimm.Mapping = space.Mappings.Map(
            pages.Region.Range.Start.Value, pages.Region.Mapping.Address, pages.Region.Range.Length, readOnly: false);
        dimm.IsAttached = true;
        memory.SetPresent(dimm.Slot, pages.Region.Range, dimm.Node);
        book.BeginPlug(dimm, deadline);
        HotplugOperation operation = dimm.Plug!;
        publisher.Publish(new VmEvent.MemoryDevicePlugged(dimm.ToSnapshot()));
        if (atReset)
        {
            book.End(dimm, operation, OperationState.Completed, "present at the reset of the machine");
        }
        else if (GuestStarted)
        {
            memory.Hotplug!.Insert(dimm.Slot);
            book.Announce([dimm], d => d.Plug!);
        }
        else
        {
            ChangedBeforeStart();
            book.End(dimm, operation, OperationState.Completed, "present before the guest started");
        }

        platform.Signals.Wake();
        return operation;
    }

    private void Detach(DimmState dimm, string detail)
    {
        Hide(dimm, detail);
        teardown.Start(dimm, detail);
    }

    private void TakeAway(DimmState dimm, string detail)
    {
        Hide(dimm, detail);
        teardown.Finish(dimm, detail);
    }

    private void Hide(DimmState dimm, string detail)
    {
        teardown.Hide(dimm, detail);
        if (!GuestStarted)
        {
            ChangedBeforeStart();
        }
    }
}
