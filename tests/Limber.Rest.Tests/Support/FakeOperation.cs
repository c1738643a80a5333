using System;
using System.Threading.Tasks;
using Limber.Control;

namespace Limber.Rest.Tests.Support;

internal sealed class FakeOperation(OperationSnapshot first) : IHotplugOperation
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
        Current = Current with
        {
            State = state,
            Detail = detail,
            EndedAt = state >= OperationState.Completed ? DateTimeOffset.UnixEpoch : null,
        };
        if (Current.IsFinal)
        {
            completion.TrySetResult(Current);
        }
    }
}
