using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Control;
using Limber.Devices.Platform.Ged;

namespace Limber.Machine;

/// <summary>
/// Keeps the operations of all that can be plugged: begins them, tells the guest and reminds it, ends them in time.
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
        : this(platform.Config.OperationDeadline, platform.Events, publisher, log, time, cancel)
    {
    }

    /// <inheritdoc cref="OperationBook(MachinePlatform, EventPublisher, OperationLog, TimeProvider, Func{HotplugOperation, bool})"/>
    /// <param name="defaultDeadline">For requests that name none.</param>
    /// <param name="events">Raises the interrupt that makes a guest look.</param>
    internal OperationBook(
        TimeSpan defaultDeadline,
        GenericEventDevice events,
        EventPublisher publisher,
        OperationLog log,
        TimeProvider time,
        Func<HotplugOperation, bool> cancel)
    {
        this.defaultDeadline = defaultDeadline;
        this.events = events;
        this.publisher = publisher;
        this.log = log;
        this.time = time;
        this.cancel = cancel;
        origin = time.GetTimestamp();
    }

    /// <summary>The wall clock.</summary>
    public DateTimeOffset UtcNow => time.GetUtcNow();

    private TimeSpan Now => time.GetElapsedTime(origin);

    public void BeginPlug(HotplugTarget target, TimeSpan? deadline)
    {
        target.EndedPlug = null;
        target.EndedRemoval = null;
        target.Plug = Begin(target.PlugKind, target, deadline);
    }

    /// <summary>Begins a removal; one that is pending gets the deadline anew.</summary>
    public void BeginRemoval(HotplugTarget target, TimeSpan? deadline)
    {
        HotplugOperation? ended = target.EndedRemoval;
        target.EndedRemoval = null;
        if (target.Removal is { } pending)
        {
            pending.DueAt = Now + (deadline ?? defaultDeadline);
            Advance(pending, pending.Current with { Deadline = time.GetUtcNow() + (deadline ?? defaultDeadline) });
        }
        else
        {
            target.Removal = Begin(target.UnplugKind, target, deadline);
            NoteAftermath(ended, $"asked for again by operation {target.Removal.Current.Id}");
        }
    }

    /// <summary>Begins an operation of the guest's agent. It is on nobody's list: who begins it ends it, in time.</summary>
    /// <param name="cpuIndex">The processor's slot, or -1 for several.</param>
    /// <param name="target">What is to be brought online.</param>
    /// <param name="deadline">Null for the default.</param>
    /// <param name="withdraw">Withdraws it for a client, taking the control lock.</param>
    public HotplugOperation BeginOnline(int cpuIndex, string target, TimeSpan? deadline, Func<HotplugOperation, bool> withdraw) =>
        Begin(OperationKind.CpuOnline, (cpuIndex, target), deadline, withdraw);

    /// <summary>What is left of an operation's time; not negative.</summary>
    public TimeSpan TimeLeft(HotplugOperation operation) => Later(operation.DueAt - Now, TimeSpan.Zero);

    /// <summary>Ends an operation that is on nobody's list; false when it has ended.</summary>
    public bool End(HotplugOperation operation, OperationState state, string detail)
    {
        bool open = !operation.Current.IsFinal;
        Advance(operation, operation.Current with { State = state, Detail = detail, EndedAt = time.GetUtcNow() });
        return open;
    }

    /// <summary>Makes the guest look, once for all of them, and reminds it until it has.</summary>
    public void Announce(IReadOnlyList<HotplugTarget> targets, Func<HotplugTarget, HotplugOperation> operationOf)
    {
        events.Raise();
        foreach (HotplugTarget target in targets)
        {
            HotplugOperation operation = operationOf(target);
            operation.ReminderInterval = FirstReminder;
            operation.NextReminder = Now + FirstReminder;
            target.OnAnnounced(publisher);
            NoteNotified(operation);
        }
    }

    /// <summary>The guest was told by other means than <see cref="Announce"/>, and is not to be reminded.</summary>
    public void NoteNotified(HotplugOperation operation)
    {
        if (operation.Current.State == OperationState.Requested)
        {
            Advance(operation, operation.Current with { State = OperationState.Notified, NotifiedAt = time.GetUtcNow() });
        }
    }

    /// <summary>The guest has begun to act.</summary>
    public void NoteAcknowledged(HotplugOperation operation, string detail)
    {
        if (operation.Current.State == OperationState.Notified)
        {
            Advance(operation, operation.Current with { State = OperationState.Acknowledged, AcknowledgedAt = time.GetUtcNow(), Detail = detail });
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

    /// <summary>Ends an operation; its target is free for another one then.</summary>
    public void End(HotplugTarget target, HotplugOperation operation, OperationState state, string detail) =>
        End(target, operation, operation.Current with { State = state, Detail = detail });

    /// <inheritdoc cref="End(HotplugTarget, HotplugOperation, OperationState, string)"/>
    /// <param name="target">What it is about.</param>
    /// <param name="operation">Its operation.</param>
    /// <param name="last">A final snapshot; the time is added.</param>
    public void End(HotplugTarget target, HotplugOperation operation, OperationSnapshot last)
    {
        // The guest may still act on a request that it was told of, and that has ended without it.
        bool mayFollow = last.State is OperationState.TimedOut or OperationState.Cancelled;
        if (target.Plug == operation)
        {
            target.Plug = null;
            target.EndedPlug = mayFollow ? operation : null;
        }
        else if (target.Removal == operation)
        {
            target.Removal = null;
            target.EndedRemoval = mayFollow ? operation : null;
        }

        Advance(operation, last with { EndedAt = time.GetUtcNow() });
    }

    /// <summary>The guest ejected the target: what became of its requests that had ended without the guest.</summary>
    public void NoteEjected(HotplugTarget target)
    {
        string what = $"the guest ejected the {target.Noun}";
        NoteAftermath(target.EndedPlug, what);
        NoteAftermath(target.EndedRemoval, what);
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
    public TimeSpan Check(IEnumerable<HotplugTarget> targets)
    {
        TimeSpan now = Now;
        TimeSpan next = TimeSpan.MaxValue;
        bool remind = false;
        foreach (HotplugTarget target in targets)
        {
            foreach (HotplugOperation? operation in (ReadOnlySpan<HotplugOperation?>)[target.Plug, target.Removal])
            {
                if (operation is not null && !EndIfOverdue(target, operation, now))
                {
                    remind |= CheckHandled(target, operation, now);
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

    private HotplugOperation Begin(OperationKind kind, HotplugTarget target, TimeSpan? deadline) =>
        Begin(kind, (target.CpuIndex, target.Target), deadline, cancel);

    private HotplugOperation Begin(
        OperationKind kind, (int CpuIndex, string Name) target, TimeSpan? deadline, Func<HotplugOperation, bool> withdraw)
    {
        DateTimeOffset requested = time.GetUtcNow();
        TimeSpan allowed = deadline ?? defaultDeadline;
        var operation = new HotplugOperation(
            new OperationSnapshot
            {
                Id = log.NextId(),
                Kind = kind,
                State = OperationState.Requested,
                CpuIndex = target.CpuIndex,
                Target = target.Name,
                RequestedAt = requested,
                Deadline = requested + allowed,
            },
            withdraw)
        { DueAt = Now + allowed };
        log.Add(operation);
        publisher.Publish(new VmEvent.OperationChanged(operation.Current));
        return operation;
    }

    // True when the guest is to be reminded.
    private bool CheckHandled(HotplugTarget target, HotplugOperation operation, TimeSpan now)
    {
        if (now < operation.NextReminder)
        {
            return false;
        }

        if (target.IsRead)
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

    private bool EndIfOverdue(HotplugTarget target, HotplugOperation operation, TimeSpan now)
    {
        if (now < operation.DueAt)
        {
            return false;
        }

        string detail = operation.Current.State == OperationState.Acknowledged
            ? "the guest has read the request but did not finish in time"
            : "the guest did not react in time";
        if (target.Plug == operation)
        {
            target.EndInsert();
            End(target, operation, OperationState.TimedOut, $"{detail}; {target.PlugLeaves}");
        }
        else
        {
            target.EndRemoval();
            End(target, operation, OperationState.TimedOut, detail + $"; the {target.Noun} stays plugged in");
        }

        return true;
    }
}
