using System;
using System.Threading.Tasks;
using Limber.Control;

namespace Limber.Servers.Tests.Support;

internal sealed class FakeOperation(FakeVirtualMachine machine, OperationSnapshot first) : IHotplugOperation
{
    private readonly TaskCompletionSource<OperationSnapshot> completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OperationSnapshot Current { get; private set; } = first;

    public Task<OperationSnapshot> Completion => completion.Task;

    public bool TryCancel()
    {
        if (Current.State > OperationState.Notified)
        {
            return false;
        }

        MoveTo(OperationState.Cancelled);
        return true;
    }

    public void MoveTo(OperationState state, string? detail = null)
    {
        Current = Current with { State = state, Detail = detail, EndedAt = state >= OperationState.Completed ? DateTimeOffset.UnixEpoch : null };
        machine.Raise(new VmEvent.OperationChanged(Current));
        if (Current.IsFinal)
        {
            completion.TrySetResult(Current);
        }
    }
}
