using System;
using System.Threading;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// The end of DIMMs: first the guest can't reach them, then devices finish what they began, pages are unmapped, the slot is free, and
/// clients are told.
/// </summary>
internal sealed class DimmTeardown : IDisposable
{
    private readonly Lock control;
    private readonly MemoryPlatform memory;
    private readonly DimmSlots dimms;
    private readonly EventPublisher publisher;
    private readonly OperationBook book;
    private readonly TeardownThreads threads;

    /// <param name="control">The machine's control lock.</param>
    /// <param name="memory">What the guest is shown.</param>
    /// <param name="dimms">The slots.</param>
    /// <param name="publisher">Takes the events.</param>
    /// <param name="book">Keeps the operations.</param>
    public DimmTeardown(Lock control, MemoryPlatform memory, DimmSlots dimms, EventPublisher publisher, OperationBook book)
    {
        this.control = control;
        this.memory = memory;
        this.dimms = dimms;
        this.publisher = publisher;
        this.book = book;
        threads = new TeardownThreads(control);
    }

    /// <summary>The machine has ended: what goes now goes with it, and no client is told of each.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Open operations of a DIMM fail. With the control lock held.</summary>
    public void Fail(DimmState dimm, string detail)
    {
        foreach (HotplugOperation? operation in (ReadOnlySpan<HotplugOperation?>)[dimm.Plug, dimm.Removal])
        {
            if (operation is not null)
            {
                book.End(dimm, operation, OperationState.Failed, detail);
            }
        }
    }

    /// <summary>Takes a DIMM from the guest at once. With the control lock held.</summary>
    public void Hide(DimmState dimm, string detail)
    {
        memory.Hotplug!.Withdraw(dimm.Slot);
        memory.SetAbsent(dimm.Slot);
        dimm.IsAttached = false;
        dimm.Mapping!.Dispose();
        if (dimm.Plug is { } plug)
        {
            book.End(dimm, plug, OperationState.Failed, detail);
        }
    }

    /// <summary>Has a thread of its own do the rest, which waits for devices. With the control lock held.</summary>
    public void Start(DimmState dimm, string detail) => threads.Start(() => Finish(dimm, detail));

    /// <summary>Does the rest now: no guest runs, so no device is busy, and the place may be wanted next. Any thread.</summary>
    public void Finish(DimmState dimm, string detail)
    {
        dimm.Memory!.Dispose();
        lock (control)
        {
            dimms.Remove(dimm);
            if (dimm.Removal is { } removal)
            {
                book.End(dimm, removal, OperationState.Completed, detail);
            }

            if (!HasEnded)
            {
                publisher.Publish(new VmEvent.DeviceDeleted(dimm.Id, dimm.Path));
            }
        }
    }

    /// <summary>Returns when nothing is left. Without the control lock.</summary>
    public void Dispose() => threads.Wait();
}
