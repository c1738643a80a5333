using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Control;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.Ged;

namespace Limber.Machine;

/// <summary>
/// Keeps the operations of the processors' slots: begins them, tells the guest and reminds it, ends them in time.
/// </summary>
/// <remarks>
/// Guarded by the machine's control lock. Times that decide anything are monotonic: a host whose clock is set neither ends
/// operations early nor keeps them open.
/// </remarks>
internal sealed class OperationBook
{
    private static readonly TimeSpan FirstReminder = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestReminder = TimeSpan.FromSeconds(8);

    private readonly TimeSpan defaultDeadline;
    private readonly CpuHotplugController controller;
    private readonly GenericEventDevice events;
    private readonly EventPublisher publisher;
    private readonly OperationLog log;
    private readonly TimeProvider time;
    private readonly Func<HotplugOperation, bool> cancel;
    private readonly long origin;

    /// <param name="platform">The machine below its processors.</param>
    /// <param name="publisher">Takes the events.</param>
    /// <param name="log">Keeps the operations for clients.</param>
    /// <param name="time">Clocks.</param>
    /// <param name="cancel">Withdraws an operation for a client, with the control lock taken.</param>
    public OperationBook(
        MachinePlatform platform, EventPublisher publisher, OperationLog log, TimeProvider time, Func<HotplugOperation, bool> cancel)
    {
        defaultDeadline = platform.Config.OperationDeadline;
        controller = platform.CpuHotplug;
        events = platform.Events;
        this.publisher = publisher;
        this.log = log;
        this.time = time;
        this.cancel = cancel;
        origin = time.GetTimestamp();
    }

    private TimeSpan Now => time.GetElapsedTime(origin);

    public void BeginPlug(CpuSlotState slot, TimeSpan? deadline)
    {
        slot.EndedPlug = null;
        slot.EndedRemoval = null;
        slot.Plug = Begin(OperationKind.CpuPlug, slot, deadline);
    }

    /// <summary>Begins a removal; one that is pending gets the deadline anew.</summary>
    public void BeginRemoval(CpuSlotState slot, TimeSpan? deadline)
    {
        slot.EndedRemoval = null;
        if (slot.Removal is { } pending)
        {
            pending.DueAt = Now + (deadline ?? defaultDeadline);
            Advance(pending, pending.Current with { Deadline = time.GetUtcNow() + (deadline ?? defaultDeadline) });
        }
        else
        {
            slot.Removal = Begin(OperationKind.CpuUnplug, slot, deadline);
        }
    }

    /// <summary>Makes the guest look, once for all of them, and reminds it until it has.</summary>
    public void Announce(IReadOnlyList<CpuSlotState> targets, Func<CpuSlotState, HotplugOperation> operationOf)
    {
        events.Raise();
        foreach (CpuSlotState slot in targets)
        {
            HotplugOperation operation = operationOf(slot);
            operation.ReminderInterval = FirstReminder;
            operation.NextReminder = Now + FirstReminder;
            publisher.Publish(new VmEvent.CpuResizeNotified(slot.Index));
            if (operation.Current.State == OperationState.Requested)
            {
                Advance(operation, operation.Current with { State = OperationState.Notified, NotifiedAt = time.GetUtcNow() });
            }
        }
    }

    /// <summary>Goes to another snapshot and tells the subscribers; no effect when the operation has ended.</summary>
    public void Advance(HotplugOperation operation, OperationSnapshot next)
    {
        if (operation.Advance(next))
        {
            publisher.Publish(new VmEvent.OperationChanged(next));
        }
    }

    /// <summary>Ends an operation of a slot, which is free for another one then.</summary>
    public void End(CpuSlotState slot, HotplugOperation operation, OperationState state, string detail) =>
        End(slot, operation, operation.Current with { State = state, Detail = detail });

    /// <inheritdoc cref="End(CpuSlotState, HotplugOperation, OperationState, string)"/>
    /// <param name="slot">The slot.</param>
    /// <param name="operation">Its operation.</param>
    /// <param name="last">A final snapshot; the time is added.</param>
    public void End(CpuSlotState slot, HotplugOperation operation, OperationSnapshot last)
    {
        // The guest may still act on a request that it was told of, and that has ended without it.
        bool mayFollow = last.State is OperationState.TimedOut or OperationState.Cancelled;
        if (slot.Plug == operation)
        {
            slot.Plug = null;
            slot.EndedPlug = mayFollow ? operation : null;
        }
        else if (slot.Removal == operation)
        {
            slot.Removal = null;
            slot.EndedRemoval = mayFollow ? operation : null;
        }

        Advance(operation, last with { EndedAt = time.GetUtcNow() });
    }

    /// <summary>Notes what the guest did about a request after its end; no effect on the result.</summary>
    public void NoteAftermath(HotplugOperation? ended, string what)
    {
        if (ended is not null && ended.NoteAftermath(what, time.GetUtcNow()))
        {
            publisher.Publish(new VmEvent.OperationChanged(ended.Current));
        }
    }

    /// <summary>
    /// Reminds a guest that has not read a request yet, notes when it has, and ends what is overdue. Returns when to come again.
    /// </summary>
    public TimeSpan Check(IReadOnlyList<CpuSlotState> slots)
    {
        TimeSpan now = Now;
        TimeSpan next = TimeSpan.MaxValue;
        bool remind = false;
        foreach (CpuSlotState slot in slots)
        {
            foreach (HotplugOperation? operation in (ReadOnlySpan<HotplugOperation?>)[slot.Plug, slot.Removal])
            {
                if (operation is not null && !EndIfOverdue(slot, operation, now))
                {
                    remind |= CheckHandled(slot, operation, now);
                    next = Earlier(next, Earlier(operation.DueAt, operation.NextReminder));
                }
            }
        }

        if (remind)
        {
            events.Raise();
        }

        return next == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : Later(next - now, TimeSpan.FromMilliseconds(1));
    }

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private HotplugOperation Begin(OperationKind kind, CpuSlotState slot, TimeSpan? deadline)
    {
        DateTimeOffset requested = time.GetUtcNow();
        TimeSpan allowed = deadline ?? defaultDeadline;
        var operation = new HotplugOperation(
            new OperationSnapshot
            {
                Id = log.NextId(),
                Kind = kind,
                State = OperationState.Requested,
                CpuIndex = slot.Index,
                Target = slot.Target,
                RequestedAt = requested,
                Deadline = requested + allowed,
            },
            cancel)
        { DueAt = Now + allowed };
        log.Add(operation);
        publisher.Publish(new VmEvent.OperationChanged(operation.Current));
        return operation;
    }

    // True when the guest is to be reminded.
    private bool CheckHandled(CpuSlotState slot, HotplugOperation operation, TimeSpan now)
    {
        if (now < operation.NextReminder)
        {
            return false;
        }

        if (controller.IsHandled(slot.Index))
        {
            operation.NextReminder = TimeSpan.MaxValue;
            if (operation.Current.State == OperationState.Notified)
            {
                Advance(operation, operation.Current with { State = OperationState.Acknowledged, AcknowledgedAt = time.GetUtcNow() });
            }

            return false;
        }

        operation.ReminderInterval = Earlier(operation.ReminderInterval * 2, LongestReminder);
        operation.NextReminder = now + operation.ReminderInterval;
        return true;
    }

    private bool EndIfOverdue(CpuSlotState slot, HotplugOperation operation, TimeSpan now)
    {
        if (now < operation.DueAt)
        {
            return false;
        }

        string detail = operation.Current.State == OperationState.Acknowledged
            ? "the guest has read the request but did not finish in time"
            : "the guest did not react in time";
        if (slot.Plug == operation)
        {
            controller.EndInsert(slot.Index);
            End(slot, operation, OperationState.TimedOut, detail + "; the processor is present, and the guest may be using it");
        }
        else
        {
            controller.EndRemoval(slot.Index);
            End(slot, operation, OperationState.TimedOut, detail + "; the processor stays plugged in");
        }

        return true;
    }
}
