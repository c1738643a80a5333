using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.Devices.Platform.CpuHotplug;

namespace Limber.Machine;

/// <summary>
/// The machine's processors: which slots are occupied, and what clients and the guest do with them. The operations'
/// course is in <see cref="OperationBook"/>, the guest's reports are in <see cref="StatusReports"/>.
/// </summary>
/// <remarks>
/// Guarded by the machine's control lock: every method is called with it held. Threads of vCPUs never take that lock.
/// </remarks>
internal sealed class ProcessorSet
{
    private readonly CpuSlotState[] slots;
    private readonly MachinePlatform platform;
    private readonly CpuHotplugController controller;
    private readonly EventPublisher publisher;
    private readonly OperationBook book;
    private readonly StatusReports reports;
    private long plugCount;
    private int anonymousCount;

    /// <param name="platform">The machine below its processors.</param>
    /// <param name="publisher">Takes the events.</param>
    /// <param name="log">Keeps the operations for clients.</param>
    /// <param name="time">Clocks.</param>
    /// <param name="cancel">Takes the control lock and calls <see cref="Cancel"/>.</param>
    public ProcessorSet(
        MachinePlatform platform, EventPublisher publisher, OperationLog log, TimeProvider time, Func<HotplugOperation, bool> cancel)
    {
        this.platform = platform;
        this.publisher = publisher;
        controller = platform.CpuHotplug;
        book = new OperationBook(platform, publisher, log, time, cancel);
        reports = new StatusReports(publisher, book, time);
        slots = [.. Enumerable.Range(0, platform.ProcessorCount).Select(i => new CpuSlotState(i, platform.GetApicId(i), platform.GetLocation(i), controller))];
    }

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
            // The numbers between belong to the local APICs, as users of QEMU's paths expect.
            slots[i].Occupy(platform, null, $"/machine/unattached/device[{2 * i}]", plugCount++, running: false);
            slots[i].BootProcessor = true;
        }
    }

    /// <inheritdoc cref="IVirtualMachine.PlugCpus"/>
    /// <param name="requests">What to plug.</param>
    /// <param name="deadline">For the guest's answer; null for the default.</param>
    /// <param name="running">The machine runs: new processors may run at once.</param>
    /// <param name="guestStarted">The guest has to be told; else it finds them when it starts.</param>
    public IReadOnlyList<IHotplugOperation> Plug(
        IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline, bool running, bool guestStarted)
    {
        ProcessorChecks.RequirePluggable(slots, requests);
        List<CpuSlotState> done = OccupyAll(requests, running);
        foreach (CpuSlotState slot in done)
        {
            book.BeginPlug(slot, deadline);
            if (guestStarted)
            {
                controller.Insert(slot.Index);
            }
        }

        List<IHotplugOperation> result = [.. done.Select(s => s.Plug!)];
        if (guestStarted)
        {
            book.Announce(done, s => s.Plug!);
        }
        else
        {
            done.ForEach(s => book.End(s, s.Plug!, OperationState.Completed, "present before the guest started"));
        }

        return result;
    }

    /// <inheritdoc cref="IVirtualMachine.UnplugCpus"/>
    /// <param name="indexes">Slots.</param>
    /// <param name="deadline">For the guest's answer; null for the default.</param>
    /// <param name="guestStarted">The guest has to be asked; else they are simply taken.</param>
    public IReadOnlyList<IHotplugOperation> Unplug(IReadOnlyList<int> indexes, TimeSpan? deadline, bool guestStarted)
    {
        foreach (int index in indexes)
        {
            ProcessorChecks.RequireRemovable(slots, index);
        }

        List<CpuSlotState> targets = [.. indexes.Distinct().Select(i => slots[i])];
        targets.ForEach(s => book.BeginRemoval(s, deadline));
        List<IHotplugOperation> result = [.. targets.Select(s => s.Removal!)];
        if (!guestStarted)
        {
            targets.ForEach(s => Remove(s, "removed before the guest started"));
            return result;
        }

        targets.ForEach(s => controller.RequestRemoval(s.Index));
        book.Announce(targets, s => s.Removal!);
        return result;
    }

    /// <summary>The guest has ejected a processor, asked or unasked.</summary>
    public void OnEjected(int index)
    {
        CpuSlotState slot = slots[index];
        if (slot.IsOccupied && !controller.IsEnabled(index))
        {
            book.NoteEjected(slot);
            Remove(slot, slot.Removal is null ? "ejected by the guest on its own" : "ejected by the guest");
        }
    }

    /// <summary>The guest reported a status.</summary>
    public void OnStatus(int index, uint sourceEvent, uint status) => reports.Handle(slots[index], sourceEvent, status);

    /// <inheritdoc cref="OperationBook.Check"/>
    public TimeSpan CheckOperations() => book.Check(slots);

    /// <summary>Withdraws an operation that the guest has not acted on; false if it has, or the operation has ended.</summary>
    public bool Cancel(HotplugOperation operation)
    {
        CpuSlotState slot = slots[operation.Current.CpuIndex];
        bool isPlug = slot.Plug == operation;
        if ((!isPlug && slot.Removal != operation) || operation.Current.OstEvent is not null)
        {
            return false;
        }

        if (!(isPlug ? controller.TryWithdraw(slot.Index) : controller.TryEndRemoval(slot.Index)))
        {
            return false;
        }

        book.End(slot, operation, OperationState.Cancelled, "withdrawn before the guest had acted on it");
        if (isPlug)
        {
            Remove(slot, "the plug was withdrawn");
        }

        return true;
    }

    /// <summary>
    /// The machine is being reset, all vCPUs are parked: removals are complete, plugs too, and the rest begins anew.
    /// </summary>
    /// <exception cref="Kvm.KvmException">The host refuses to reset a vCPU; no operation is left open all the same.</exception>
    public void Reset()
    {
        foreach (CpuSlotState slot in slots.Where(s => s.IsOccupied))
        {
            if (slot.Removal is not null || !controller.IsEnabled(slot.Index))
            {
                Remove(slot, "removed at the reset of the machine");
            }
            else if (slot.Plug is { } plug)
            {
                book.End(slot, plug, OperationState.Completed, "present at the reset of the machine");
            }

            // The guest that they were addressed to is gone.
            slot.EndedPlug = null;
            slot.EndedRemoval = null;
        }

        foreach (CpuSlotState slot in slots)
        {
            slot.AwaitResting();
            if (slot.IsOccupied)
            {
                slot.Vcpu!.Reset();
            }
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
            slot.RequestStop();
        }

        foreach (CpuSlotState slot in slots)
        {
            foreach (HotplugOperation? operation in (ReadOnlySpan<HotplugOperation?>)[slot.Plug, slot.Removal])
            {
                if (operation is not null)
                {
                    book.End(slot, operation, OperationState.Failed, "the machine ended");
                }
            }

            slot.Close();
        }
    }

    // All of them or none.
    private List<CpuSlotState> OccupyAll(IReadOnlyList<CpuPlugRequest> requests, bool running)
    {
        var done = new List<CpuSlotState>(requests.Count);
        int firstAnonymous = anonymousCount;
        try
        {
            foreach (CpuPlugRequest request in requests)
            {
                CpuSlotState slot = slots[request.Index];
                string path = request.Id is null
                    ? $"/machine/peripheral-anon/device[{anonymousCount++}]"
                    : $"/machine/peripheral/{request.Id}";
                slot.Occupy(platform, request.Id, path, plugCount++, running);
                done.Add(slot);
            }
        }
        catch (Exception e) when (e is Kvm.KvmException or Interop.HostException)
        {
            done.ForEach(s => s.Vacate());
            anonymousCount = firstAnonymous;
            throw new VmException(VmErrorCode.HostFailure, e.Message, e);
        }

        return done;
    }

    private void Remove(CpuSlotState slot, string detail)
    {
        controller.Withdraw(slot.Index);
        HotplugOperation? plug = slot.Plug;
        HotplugOperation? removal = slot.Removal;
        string? id = slot.Id;
        string path = slot.Path;
        if (plug is not null)
        {
            book.End(slot, plug, OperationState.Failed, detail);
        }

        slot.Vacate();
        if (removal is not null)
        {
            book.End(slot, removal, OperationState.Completed, detail);
        }

        // Last: who hears of it may ask for the operation at once.
        publisher.Publish(new VmEvent.DeviceDeleted(id, path));
    }
}
