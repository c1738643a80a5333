using System;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Interop;

namespace Limber.Rest.Handlers;

/// <summary>
/// The way of all handlers to the machine. Snapshots are read at once; what changes the machine takes turns, so a check
/// and the change that depends on it are one step among all REST clients.
/// </summary>
/// <remarks>
/// Calls to the machine block. Each change gets a thread of its own for its duration: on a host with one or two
/// processors a few blocked pool threads would leave none to answer a query with.
/// </remarks>
internal sealed class MachineGate(IVirtualMachine vm)
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly CancellationTokenSource stopping = new();

    /// <summary>The machine, to read snapshots from.</summary>
    public IVirtualMachine Machine => vm;

    /// <summary>The server stops; whoever waits for the guest must not wait longer.</summary>
    public CancellationToken Stopping => stopping.Token;

    public void BeginStop() => stopping.Cancel();

    /// <summary>Changes the machine when all changes before this one are done.</summary>
    /// <remarks>A change that was asked for is made even if its client does not stay for the reply, as Cloud Hypervisor does it.</remarks>
    /// <exception cref="RestException">500: the server stops, and the change has not begun.</exception>
    public async Task<T> ChangeAsync<T>(Func<IVirtualMachine, T> change)
    {
        try
        {
            await turn.WaitAsync(stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw RestException.Refused(500, "the server is stopping");
        }

        try
        {
            return await OnOwnThread(() => change(vm)).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc cref="ChangeAsync{T}"/>
    public Task ChangeAsync(Action<IVirtualMachine> change) =>
        ChangeAsync(machine =>
        {
            change(machine);
            return true;
        });

    /// <summary>Ends the machine, past the queue: a change that hangs is a reason to quit.</summary>
    public Task QuitAsync() =>
        OnOwnThread(() =>
        {
            vm.Quit(ShutdownReason.HostQmpQuit);
            return true;
        });

    private static Task<T> OnOwnThread<T>(Func<T> call) =>
        Task.Factory.StartNew(
            () =>
            {
                HostThread.SetCurrentName("rest-call");
                return call();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);
}
