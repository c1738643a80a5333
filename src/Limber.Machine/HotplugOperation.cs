using System;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;

namespace Limber.Machine;

/// <summary>One resize: what was asked, what the guest has said, and how it ended.</summary>
/// <remarks>
/// Changes are made under the machine's control lock; reading needs none. A final state never changes; only
/// what the guest did afterwards is added.
/// </remarks>
internal sealed class HotplugOperation : IHotplugOperation
{
    private readonly TaskCompletionSource<OperationSnapshot> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<HotplugOperation, bool> cancel;
    private OperationSnapshot current;

    /// <param name="initial">State at creation.</param>
    /// <param name="cancel">Withdraws the request if that is still possible.</param>
    public HotplugOperation(OperationSnapshot initial, Func<HotplugOperation, bool> cancel)
    {
        current = initial;
        this.cancel = cancel;
    }

    /// <inheritdoc/>
    public OperationSnapshot Current => Volatile.Read(ref current);

    /// <inheritdoc/>
    public Task<OperationSnapshot> Completion => completion.Task;

    /// <summary>When the operation is overdue, on the book's clock.</summary>
    public required TimeSpan DueAt { get; set; }

    /// <summary>When the guest is to be reminded, if it has not read the request by then; on the book's clock.</summary>
    public TimeSpan NextReminder { get; set; } = TimeSpan.MaxValue;

    /// <summary>Wait before the reminder after the next.</summary>
    public TimeSpan ReminderInterval { get; set; }

    /// <inheritdoc/>
    public bool TryCancel() => cancel(this);

    /// <summary>Goes to a new state; false, with nothing changed, when the operation has ended already.</summary>
    public bool Advance(OperationSnapshot next)
    {
        if (current.IsFinal)
        {
            return false;
        }

        Volatile.Write(ref current, next);
        if (next.IsFinal)
        {
            completion.TrySetResult(next);
        }

        return true;
    }

    /// <summary>Notes what the guest did after the end; false when that is known already, or the operation goes on.</summary>
    public bool NoteAftermath(string what, DateTimeOffset at)
    {
        if (!current.IsFinal || current.Aftermath == what)
        {
            return false;
        }

        Volatile.Write(ref current, current with { Aftermath = what, AftermathAt = at });
        return true;
    }
}
