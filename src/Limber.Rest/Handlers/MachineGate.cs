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
/// <param name="host">Where the machine comes from.</param>
internal sealed class MachineGate(IVmHost host)
{
    private const int NotFound = 404;
    private const int Failed = 500;

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly CancellationTokenSource stopping = new();

    /// <summary>A gate to a machine that is always there.</summary>
    public MachineGate(IVirtualMachine machine)
        : this(new OneVm(machine))
    {
    }

    /// <summary>The machine, to read snapshots from.</summary>
    /// <exception cref="RestException">404: there is none.</exception>
    public IVirtualMachine Machine => host.Machine ?? throw NoMachine(NotFound);

    /// <summary>The server stops; whoever waits for the guest must not wait longer.</summary>
    public CancellationToken Stopping => stopping.Token;

    public void BeginStop() => stopping.Cancel();

    /// <summary>Changes the machine when all changes before this one are done.</summary>
    /// <remarks>A change that was asked for is made even if its client does not stay for the reply, as Cloud Hypervisor does it.</remarks>
    /// <param name="change">What to do.</param>
    /// <param name="mustRun">It is a matter of the run state: without a machine the answer is 500 and not 404, as Cloud Hypervisor has it.</param>
    /// <exception cref="RestException">500: the server stops, and the change has not begun. 404 or 500: there is no machine.</exception>
    public Task<T> ChangeAsync<T>(Func<IVirtualMachine, T> change, bool mustRun = false) =>
        InTurnAsync(() => change(host.Machine ?? throw NoMachine(mustRun ? Failed : NotFound)));

    /// <inheritdoc cref="ChangeAsync{T}"/>
    public Task ChangeAsync(Action<IVirtualMachine> change, bool mustRun = false) =>
        ChangeAsync(
            machine =>
            {
                change(machine);
                return true;
            },
            mustRun);

    /// <summary>Creates or deletes the machine, in turn with its changes.</summary>
    public Task ChangeHostAsync(Action<IVmHost> change) =>
        InTurnAsync(() =>
        {
            change(host);
            return true;
        });

    private static RestException NoMachine(int status) => RestException.Refused(status, "VM is not created");

    private async Task<T> InTurnAsync<T>(Func<T> change)
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
            return await OnOwnThread(change).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Ends the process, past the queue: a change that hangs is a reason to quit.</summary>
    public Task QuitAsync() =>
        OnOwnThread(() =>
        {
            host.Quit();
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
