using System;
using System.Threading.Tasks;
using Limber.Control;

namespace Limber.Rest.Handlers;

/// <summary>Calls that change the run state. Unlike the machine's own they are errors in the wrong state.</summary>
internal sealed class LifecycleHandlers(MachineGate gate)
{
    /// <summary>Starts a machine that was created and told to wait, or that is off.</summary>
    public Task<RestReply> Boot(RestRequest request) =>
        ChangeAsync(static machine =>
        {
            if (machine.State == RunState.Shutdown)
            {
                machine.PowerOff(ShutdownReason.HostQmpQuit);
            }

            Require(machine, RunState.Prelaunch, "created");
            machine.Resume();
        });

    /// <summary>Turns the machine off without asking the guest; <see cref="Boot"/> starts it again.</summary>
    public Task<RestReply> Shutdown(RestRequest request) =>
        ChangeAsync(static machine =>
        {
            if (machine.State == RunState.Prelaunch)
            {
                throw new VmException(VmErrorCode.InvalidState, "the VM is created, not booted");
            }

            // QEMU's name for the command of a management client.
            machine.PowerOff(ShutdownReason.HostQmpQuit);
        }, mustRun: true);

    public Task<RestReply> Pause(RestRequest request) =>
        ChangeAsync(static machine =>
        {
            Require(machine, RunState.Running, "running");
            machine.Pause();
        }, mustRun: true);

    public Task<RestReply> Resume(RestRequest request) =>
        ChangeAsync(static machine =>
        {
            Require(machine, RunState.Paused, "paused");
            machine.Resume();
        }, mustRun: true);

    /// <summary>Resets, and runs whatever state the machine was in: a reboot ends in a running guest.</summary>
    public Task<RestReply> Reboot(RestRequest request) =>
        ChangeAsync(static machine =>
        {
            if (machine.State == RunState.Prelaunch)
            {
                throw RestException.Refused(404, "the VM is not booted");
            }

            machine.Reset(ShutdownReason.HostQmpSystemReset);
            machine.Resume();
        });

    public Task<RestReply> PowerButton(RestRequest request) =>
        ChangeAsync(static machine =>
        {
            if (machine.State is not (RunState.Running or RunState.Paused))
            {
                throw new VmException(VmErrorCode.InvalidState, $"the VM is {Word(machine.State)}, not booted");
            }

            machine.PressPowerButton();
        }, mustRun: true);

    private async Task<RestReply> ChangeAsync(Action<IVirtualMachine> change, bool mustRun = false)
    {
        await gate.ChangeAsync(change, mustRun).ConfigureAwait(false);
        return RestReply.NoContent;
    }

    private static void Require(IVirtualMachine machine, RunState state, string word)
    {
        RunState now = machine.State;
        if (now != state)
        {
            throw new VmException(VmErrorCode.InvalidState, $"the VM is {Word(now)}, not {word}");
        }
    }

    private static string Word(RunState state) => state switch
    {
        RunState.Prelaunch => "created",
        RunState.Running => "running",
        RunState.Paused => "paused",
        RunState.Shutdown => "shut down",
        _ => "stopped by an internal error",
    };
}
