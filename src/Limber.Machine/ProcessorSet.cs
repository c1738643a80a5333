using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.Ged;

namespace Limber.Machine;

/// <summary>
/// The machine's processors: which slots are occupied, which changes are under way, and what the guest said about them.
/// </summary>
/// <remarks>
/// Guarded by the machine's control lock: every method is called with it held. Threads of vCPUs never take that lock.
/// </remarks>
internal sealed class ProcessorSet
{
    private static readonly TimeSpan OperationTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstReminder = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestReminder = TimeSpan.FromSeconds(8);

    private readonly CpuSlotState[] slots;
    private readonly MachinePlatform platform;
    private readonly CpuHotplugController controller;
    private readonly GenericEventDevice events;
    private readonly EventPublisher publisher;
    private readonly OperationLog operations;
    private readonly TimeProvider time;
    private readonly TokenBucket unsolicitedReports;
    private long plugCount;
    private int anonymousCount;

    public ProcessorSet(MachinePlatform platform, EventPublisher publisher, OperationLog operations, TimeProvider time)
    {
        this.platform = platform;
        this.publisher = publisher;
        this.operations = operations;
        this.time = time;
        controller = platform.CpuHotplug;
        events = platform.Events;
        unsolicitedReports = new TokenBucket(time, capacity: 200, perSecond: 100);
        slots = [.. Enumerable.Range(0, platform.ProcessorCount).Select(i => new CpuSlotState(i, platform.GetApicId(i), platform.GetLocation(i)))];
    }

    /// <summary>Withdraws an operation; the machine takes the lock and calls <see cref="Cancel"/>.</summary>
    public required Func<HotplugOperation, bool> CancelOperation { get; init; }

    /// <summary>Slots with a processor, ascending.</summary>
    public IEnumerable<CpuSlotState> Occupied => slots.Where(s => s.IsOccupied);

    /// <summary>Slot of the processor that starts the guest.</summary>
    public CpuSlotState BootSlot => slots[0];

    public IReadOnlyList<CpuSlot> GetSnapshot() => [.. slots.Select(s => s.ToSnapshot())];

    /// <summary>Fills the first slots at creation, before the guest starts.</summary>
    public void AddBootProcessors(int count)
    {
        for (int i = 0; i < count; i++)
        {
            CpuSlotState slot = slots[i];
            slot.BootProcessor = true;
            slot.Id = null;

            // The numbers between belong to the local APICs, as users of QEMU's paths expect.
            slot.Path = $"/machine/unattached/device[{2 * i}]";
            Occupy(slot, running: false);
        }
    }

    /// <inheritdoc cref="IVirtualMachine.PlugCpus"/>
    /// <param name="requests">What to plug.</param>
    /// <param name="running">The machine runs: new processors may run at once.</param>
    /// <param name="guestStarted">The guest has to be told; else it finds them when it starts.</param>
    public IReadOnlyList<IHotplugOperation> Plug(IReadOnlyList<CpuPlugRequest> requests, bool running, bool guestStarted)
    {
        CheckPlug(requests);
        var done = new List<CpuSlotState>(requests.Count);
        try
        {
            foreach (CpuPlugRequest request in requests)
            {
                CpuSlotState slot = slots[request.Index];
                slot.BootProcessor = false;
                slot.Id = request.Id;
                slot.Path = request.Id is null
                    ? $"/machine/peripheral-anon/device[{anonymousCount++}]"
                    : $"/machine/peripheral/{request.Id}";
                Occupy(slot, running);
                done.Add(slot);
            }
        }
        catch (Exception e) when (e is Kvm.KvmException or Interop.HostException)
        {
            done.ForEach(Vacate);
            throw new VmException(VmErrorCode.HostFailure, e.Message, e);
        }

        foreach (CpuSlotState slot in done)
        {
            slot.Plug = NewOperation(OperationKind.CpuPlug, slot);
            if (guestStarted)
            {
                controller.Insert(slot.Index);
            }
        }

        if (guestStarted)
        {
            Announce(done, s => s.Plug!);
        }

        List<IHotplugOperation> result = [.. done.Select(s => s.Plug!)];
        if (!guestStarted)
        {
            done.ForEach(s => EndPlug(s, OperationState.Completed, "present before the guest started"));
        }

        return result;
    }

    /// <inheritdoc cref="IVirtualMachine.UnplugCpus"/>
    public IReadOnlyList<IHotplugOperation> Unplug(IReadOnlyList<int> indexes, bool guestStarted)
    {
        foreach (int index in indexes)
        {
            CheckRemovable(index);
        }

        List<CpuSlotState> targets = [.. indexes.Distinct().Select(i => slots[i])];
        foreach (CpuSlotState slot in targets)
        {
            slot.Removal ??= NewOperation(OperationKind.CpuUnplug, slot);
        }

        List<IHotplugOperation> result = [.. targets.Select(s => s.Removal!)];
        if (!guestStarted)
        {
            targets.ForEach(s => Remove(s, "removed before the guest started"));
            return result;
        }

        targets.ForEach(s => controller.RequestRemoval(s.Index));
        Announce(targets, s => s.Removal!);
        return result;
    }

    /// <summary>The guest has ejected a processor, asked or unasked.</summary>
    public void OnEjected(int index)
    {
        CpuSlotState slot = slots[index];
        if (slot.IsOccupied && !controller.IsEnabled(index))
        {
            Remove(slot, slot.Removal is null ? "ejected by the guest on its own" : "ejected by the guest");
        }
    }

    /// <summary>The guest reported a status.</summary>
    public void OnStatus(int index, uint sourceEvent, uint status)
    {
        CpuSlotState slot = slots[index];
        bool expected = (OstStatus.IsEjectEvent(sourceEvent) ? slot.Removal : slot.Plug) is not null;
        if (!expected && !unsolicitedReports.TryTake())
        {
            return;
        }

        publisher.Publish(new VmEvent.AcpiDeviceOst(slot.Id, index, sourceEvent, status));
        if (OstStatus.IsEjectEvent(sourceEvent) && slot.Removal is { } removal)
        {
            OnRemovalStatus(slot, removal, sourceEvent, status);
        }
        else if (OstStatus.IsInsertEvent(sourceEvent) && slot.Plug is { } plug)
        {
            OnPlugStatus(slot, plug, sourceEvent, status);
        }
    }

    /// <summary>
    /// Reminds a guest that has not read a request yet, notes when it has, and ends what is overdue. Returns when to come again.
    /// </summary>
    public TimeSpan CheckOperations()
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset next = DateTimeOffset.MaxValue;
        bool remind = false;
        foreach (CpuSlotState slot in slots)
        {
            if (slot.Plug is { } plug)
            {
                remind |= CheckOperation(slot, plug, now);
                next = Earlier(next, slot.Plug);
            }

            if (slot.Removal is { } removal)
            {
                remind |= CheckOperation(slot, removal, now);
                next = Earlier(next, slot.Removal);
            }
        }

        if (remind)
        {
            events.Raise();
        }

        return next == DateTimeOffset.MaxValue ? System.Threading.Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(Math.Max((next - now).Ticks, TimeSpan.TicksPerMillisecond));
    }

    /// <summary>Withdraws an operation that the guest has not acted on; false if it has, or the operation has ended.</summary>
    public bool Cancel(HotplugOperation operation)
    {
        CpuSlotState slot = slots[operation.Current.CpuIndex];
        bool isPlug = slot.Plug == operation;
        if ((!isPlug && slot.Removal != operation) || controller.IsHandled(slot.Index) || operation.Current.OstEvent is not null)
        {
            return false;
        }

        if (isPlug)
        {
            controller.Withdraw(slot.Index);
            slot.Plug = null;
            string? id = slot.Id;
            string path = slot.Path;
            Vacate(slot);
            publisher.Publish(new VmEvent.DeviceDeleted(id, path));
        }
        else
        {
            controller.ClearRequests(slot.Index);
            slot.Removal = null;
        }

        End(operation, OperationState.Cancelled, "withdrawn before the guest had acted on it");
        return true;
    }

    /// <summary>
    /// The machine is being reset, all vCPUs are parked: removals are complete, plugs too, and the rest begins anew.
    /// </summary>
    public void Reset()
    {
        foreach (CpuSlotState slot in slots.Where(s => s.IsOccupied))
        {
            if (slot.Removal is not null || !controller.IsEnabled(slot.Index))
            {
                Remove(slot, "removed at the reset of the machine");
            }
            else if (slot.Plug is not null)
            {
                EndPlug(slot, OperationState.Completed, "present at the reset of the machine");
            }
        }

        foreach (CpuSlotState slot in Occupied)
        {
            slot.Vcpu!.Reset();
        }
    }

    /// <summary>Stops all vCPUs; returns when all are outside the guest.</summary>
    public void ParkAll()
    {
        foreach (CpuSlotState slot in Occupied)
        {
            slot.Thread!.RequestPark();
        }

        foreach (CpuSlotState slot in Occupied)
        {
            slot.Thread!.WaitParked();
        }
    }

    public void ResumeAll()
    {
        foreach (CpuSlotState slot in Occupied)
        {
            slot.Thread!.Resume();
        }
    }

    /// <summary>Ends all threads and closes all vCPUs; open operations fail.</summary>
    public void Shutdown()
    {
        ParkAll();
        foreach (CpuSlotState slot in slots)
        {
            foreach (HotplugOperation? operation in (HotplugOperation?[])[slot.Plug, slot.Removal])
            {
                if (operation is not null)
                {
                    End(operation, OperationState.Failed, "the machine ended");
                }
            }

            slot.Plug = null;
            slot.Removal = null;
            slot.Thread?.Stop();
            slot.Thread = null;
            slot.Vcpu?.Dispose();
            slot.Vcpu = null;
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset next, HotplugOperation? operation)
    {
        if (operation is null)
        {
            return next;
        }

        DateTimeOffset due = operation.Current.Deadline ?? DateTimeOffset.MaxValue;
        due = operation.NextReminder < due ? operation.NextReminder : due;
        return due < next ? due : next;
    }

    private void CheckPlug(IReadOnlyList<CpuPlugRequest> requests)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var indexes = new HashSet<int>();
        foreach (CpuPlugRequest request in requests)
        {
            if (request.Id is { } id && (!ids.Add(id) || slots.Any(s => s.IsOccupied && s.Id == id)))
            {
                throw new VmException(VmErrorCode.DuplicateId, $"a device with the id '{id}' exists") { CpuIndex = request.Index, DeviceId = id };
            }

            CheckIndex(request.Index);
            CpuSlotState slot = slots[request.Index];
            if (slot.IsOccupied || !indexes.Add(request.Index))
            {
                throw new VmException(VmErrorCode.CpuSlotOccupied, $"CPU {request.Index} is plugged in as '{slot.Target}'")
                {
                    CpuIndex = request.Index,
                    DeviceId = slot.Id,
                };
            }
        }
    }

    private void CheckRemovable(int index)
    {
        CheckIndex(index);
        if (!slots[index].IsOccupied)
        {
            throw new VmException(VmErrorCode.CpuSlotEmpty, $"CPU {index} is not plugged in") { CpuIndex = index };
        }

        if (index == 0)
        {
            throw new VmException(VmErrorCode.BootCpu, "CPU 0 starts the guest and can't be removed") { CpuIndex = index };
        }
    }

    private void CheckIndex(int index)
    {
        if (index < 0 || index >= slots.Length)
        {
            throw new VmException(VmErrorCode.CpuIndexOutOfRange, $"CPU {index} is not in 0..{slots.Length - 1}") { CpuIndex = index };
        }
    }

    private void Occupy(CpuSlotState slot, bool running)
    {
        slot.Vcpu ??= platform.CreateVcpu(slot.Index);
        VcpuThread thread = platform.CreateVcpuThread(slot.Index, slot.Vcpu);
        thread.Start(running);
        slot.Thread = thread;
        slot.PlugOrder = plugCount++;
    }

    // Ends the thread and leaves the vCPU parked in its power-on state.
    private static void Vacate(CpuSlotState slot)
    {
        slot.Thread!.Stop();
        slot.Thread = null;
        slot.Vcpu!.Reset();
        slot.Id = null;
        slot.Path = "";
    }

    private void Remove(CpuSlotState slot, string detail)
    {
        if (slot.Plug is not null)
        {
            EndPlug(slot, OperationState.Failed, detail);
        }

        controller.Withdraw(slot.Index);
        HotplugOperation? removal = slot.Removal;
        slot.Removal = null;
        string? id = slot.Id;
        string path = slot.Path;
        Vacate(slot);
        publisher.Publish(new VmEvent.DeviceDeleted(id, path));
        if (removal is not null)
        {
            End(removal, OperationState.Completed, detail);
        }
    }

    private HotplugOperation NewOperation(OperationKind kind, CpuSlotState slot)
    {
        DateTimeOffset now = time.GetUtcNow();
        var operation = new HotplugOperation(
            new OperationSnapshot
            {
                Id = operations.NextId(),
                Kind = kind,
                State = OperationState.Requested,
                CpuIndex = slot.Index,
                Target = slot.Target,
                RequestedAt = now,
                Deadline = now + OperationTimeout,
            },
            CancelOperation);
        operations.Add(operation);
        publisher.Publish(new VmEvent.OperationChanged(operation.Current));
        return operation;
    }

    // One interrupt for all of them.
    private void Announce(IReadOnlyList<CpuSlotState> targets, Func<CpuSlotState, HotplugOperation> operationOf)
    {
        events.Raise();
        DateTimeOffset now = time.GetUtcNow();
        foreach (CpuSlotState slot in targets)
        {
            HotplugOperation operation = operationOf(slot);
            operation.ReminderInterval = FirstReminder;
            operation.NextReminder = now + FirstReminder;
            publisher.Publish(new VmEvent.CpuResizeNotified(slot.Index));
            if (operation.Current.State == OperationState.Requested)
            {
                Advance(operation, operation.Current with { State = OperationState.Notified, NotifiedAt = now });
            }
        }
    }

    private bool CheckOperation(CpuSlotState slot, HotplugOperation operation, DateTimeOffset now)
    {
        if (operation.Current.Deadline <= now)
        {
            TimeOut(slot, operation);
            return false;
        }

        if (now < operation.NextReminder)
        {
            return false;
        }

        if (controller.IsHandled(slot.Index))
        {
            operation.NextReminder = DateTimeOffset.MaxValue;
            if (operation.Current.State == OperationState.Notified)
            {
                Advance(operation, operation.Current with { State = OperationState.Acknowledged, AcknowledgedAt = now });
            }

            return false;
        }

        operation.ReminderInterval = operation.ReminderInterval * 2 > LongestReminder ? LongestReminder : operation.ReminderInterval * 2;
        operation.NextReminder = now + operation.ReminderInterval;
        return true;
    }

    private void TimeOut(CpuSlotState slot, HotplugOperation operation)
    {
        string detail = operation.Current.State == OperationState.Acknowledged
            ? "the guest has read the request but did not finish in time"
            : "the guest did not react in time";
        controller.ClearRequests(slot.Index);
        if (slot.Plug == operation)
        {
            EndPlug(slot, OperationState.TimedOut, detail + "; the processor stays plugged in");
        }
        else
        {
            slot.Removal = null;
            End(operation, OperationState.TimedOut, detail + "; the processor stays plugged in");
        }
    }

    private void OnRemovalStatus(CpuSlotState slot, HotplugOperation removal, uint sourceEvent, uint status)
    {
        OperationSnapshot reported = removal.Current with
        {
            OstEvent = sourceEvent,
            OstStatus = status,
            Detail = OstStatus.Describe(sourceEvent, status),
            AcknowledgedAt = removal.Current.AcknowledgedAt ?? time.GetUtcNow(),
        };
        if (OstStatus.IsInProgress(sourceEvent, status))
        {
            Advance(removal, reported with { State = OperationState.Acknowledged });
        }
        else if (status == OstStatus.Success)
        {
            // Success without an eject: the guest only says that it is done looking. The eject decides.
            Advance(removal, reported with { State = OperationState.Acknowledged });
        }
        else
        {
            controller.ClearRequests(slot.Index);
            slot.Removal = null;
            publisher.Publish(new VmEvent.DeviceUnplugGuestError(slot.Id, slot.Path));
            Advance(removal, reported with { State = OperationState.Refused, EndedAt = time.GetUtcNow() });
        }
    }

    private void OnPlugStatus(CpuSlotState slot, HotplugOperation plug, uint sourceEvent, uint status)
    {
        OperationSnapshot reported = plug.Current with
        {
            OstEvent = sourceEvent,
            OstStatus = status,
            Detail = OstStatus.Describe(sourceEvent, status),
            AcknowledgedAt = plug.Current.AcknowledgedAt ?? time.GetUtcNow(),
        };
        if (OstStatus.IsInProgress(sourceEvent, status))
        {
            Advance(plug, reported with { State = OperationState.Acknowledged });
            return;
        }

        if (slot.Removal is null)
        {
            controller.ClearRequests(slot.Index);
        }

        slot.Plug = null;
        OperationState state = status == OstStatus.Success ? OperationState.Completed : OperationState.Refused;
        Advance(plug, reported with { State = state, EndedAt = time.GetUtcNow() });
    }

    private void EndPlug(CpuSlotState slot, OperationState state, string detail)
    {
        HotplugOperation plug = slot.Plug!;
        slot.Plug = null;
        End(plug, state, detail);
    }

    private void End(HotplugOperation operation, OperationState state, string detail) =>
        Advance(operation, operation.Current with { State = state, Detail = detail, EndedAt = time.GetUtcNow() });

    private void Advance(HotplugOperation operation, OperationSnapshot next)
    {
        if (operation.Advance(next))
        {
            publisher.Publish(new VmEvent.OperationChanged(next));
        }
    }
}
