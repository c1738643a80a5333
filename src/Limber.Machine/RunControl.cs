using System;
using System.Linq;
using System.Threading.Tasks;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// The run states of a machine and the ways between them.
/// <code>
///   from               by                                      to
///   -----------------  --------------------------------------  --------------------------------------------
///   Prelaunch, Paused  Resume                                  Running
///   Running            Pause                                   Paused
///   Running, Paused    Reset                                   the same; a paused guest begins when resumed
///   the others         Reset                                   Prelaunch
///   all                PowerOff                                Prelaunch
///   Running            the guest turns itself off, NoShutdown  Shutdown
///   all                the host refuses, the guest is stuck    InternalError
/// </code>
/// </summary>
/// <remarks>
/// Guarded by the machine's control lock: every method is called with it held. Threads of vCPUs never take that lock, so it may
/// be held while waiting for them.
/// </remarks>
/// <param name="platform">The machine below its parts.</param>
/// <param name="parts">What runs, and what a reset concerns.</param>
internal sealed class RunControl(MachinePlatform platform, MachineParts parts)
{
    private readonly MachineStatus status = parts.Status;
    private readonly ProcessorSet processors = parts.Processors;
    private readonly EventPublisher publisher = parts.Publisher;

    /// <inheritdoc cref="IVirtualMachine.Resume"/>
    public void Resume()
    {
        status.RequireAlive();
        if (status.State == RunState.Running)
        {
            return;
        }

        if (status.State is RunState.Shutdown or RunState.InternalError)
        {
            throw new VmException(VmErrorCode.InvalidState, "Resetting the Virtual Machine is required");
        }

        if (status.IsBootImageStale)
        {
            HostRefusals.OrRefuse(LoadBootImage);
        }

        parts.SetGuestStarted(true);
        status.State = RunState.Running;
        parts.Devices.Pausing.Resume();
        processors.ResumeAll();
        publisher.Publish(new VmEvent.Resumed());
    }

    /// <inheritdoc cref="IVirtualMachine.Pause"/>
    /// <returns>Ends when the devices have nothing in flight any more.</returns>
    public Task Pause()
    {
        status.RequireAlive();
        if (status.State != RunState.Running)
        {
            return Task.CompletedTask;
        }

        processors.ParkAll();
        Task drained = parts.Devices.Pausing.Pause();
        status.State = RunState.Paused;
        publisher.Publish(new VmEvent.Stopped());
        return drained;
    }

    /// <inheritdoc cref="IVirtualMachine.Reset"/>
    public void Reset(ShutdownReason reason)
    {
        status.RequireAlive();
        if (!ResetMachine(byGuest: false, reason))
        {
            throw new VmException(VmErrorCode.HostFailure, "the machine could not be reset; it has stopped");
        }
    }

    /// <inheritdoc cref="IVirtualMachine.PowerOff"/>
    public void PowerOff(ShutdownReason reason)
    {
        status.RequireAlive();
        RunState before = status.State;
        if (before == RunState.Prelaunch)
        {
            return;
        }

        if (before != RunState.Shutdown)
        {
            publisher.Publish(new VmEvent.Shutdown(ByGuest: false, reason));
        }

        if (ReturnToPowerOn())
        {
            parts.SetGuestStarted(false);
            status.State = RunState.Prelaunch;
            if (before == RunState.Running)
            {
                publisher.Publish(new VmEvent.Stopped());
            }
        }
    }

    /// <inheritdoc cref="IVirtualMachine.Quit"/>
    public void Quit(ShutdownReason reason)
    {
        if (status.ExitCode is null)
        {
            publisher.Publish(new VmEvent.Shutdown(ByGuest: false, reason));
            End(0);
        }
    }

    /// <summary>The guest has turned itself off.</summary>
    public void OnGuestPowerOff() => GoDown(ShutdownReason.GuestShutdown);

    /// <summary>The guest has asked for a reset, or could not go on without one.</summary>
    public void OnGuestReset()
    {
        if (platform.Config.NoReboot)
        {
            GoDown(ShutdownReason.GuestReset);
        }
        else
        {
            ResetMachine(byGuest: true, ShutdownReason.GuestReset);
        }
    }

    /// <summary>The machine can't go on: it stops, with a message, and its control plane still works.</summary>
    public void Fail(string description)
    {
        processors.ParkAll();
        _ = parts.Devices.Pausing.Pause();
        status.State = RunState.InternalError;
        platform.ReportFailure(description);
        publisher.Publish(new VmEvent.Stopped());
    }

    /// <summary>Kernel, tables and the first processor are as the guest is to find them. All vCPUs are parked.</summary>
    /// <exception cref="Exception">One of <see cref="HostRefusals"/>.</exception>
    public void LoadBootImage()
    {
        platform.Load([.. processors.Occupied.Select(s => s.Index)], processors.BootSlot.Vcpu!);
        status.IsBootImageStale = false;
    }

    private void End(int code)
    {
        status.ExitCode = code;
        platform.Signals.Wake();
    }

    private void GoDown(ShutdownReason reason)
    {
        publisher.Publish(new VmEvent.Shutdown(ByGuest: true, reason));
        if (!platform.Config.NoShutdown)
        {
            End(0);
            return;
        }

        processors.ParkAll();
        _ = parts.Devices.Pausing.Pause();
        status.State = RunState.Shutdown;
        publisher.Publish(new VmEvent.Stopped());
    }

    // False when the host refused, and the machine has stopped.
    private bool ResetMachine(bool byGuest, ShutdownReason reason)
    {
        if (!ReturnToPowerOn())
        {
            return false;
        }

        publisher.Publish(new VmEvent.Reset(byGuest, reason));
        if (status.State == RunState.Running)
        {
            processors.ResumeAll();
        }
        else
        {
            parts.SetGuestStarted(false);
            status.State = status.State == RunState.Paused ? RunState.Paused : RunState.Prelaunch;
        }

        return true;
    }

    // Everything but the run state is as after creation, and all vCPUs are parked; false when the host did not allow it.
    private bool ReturnToPowerOn()
    {
        processors.ParkAll();

        // What the guest said before the reset: an eject counts, the rest is about a guest that is gone.
        foreach (GuestSignal signal in platform.Signals.Take().Hotplug)
        {
            if (signal.Kind is GuestSignalKind.Ejected or GuestSignalKind.DeviceEjected or GuestSignalKind.DeviceReleased or GuestSignalKind.DimmEjected)
            {
                parts.OnSignal(signal);
            }
        }

        try
        {
            // Who sends interrupts comes before who gets them: a message of the old guest's making may be an NMI or an INIT, and
            // must not reach a processor that is as new. The memory comes last, since the kernel writes to it for processors
            // whose guest has asked for that.
            parts.Devices.Reset();
            platform.ResetDevices();
            processors.Reset();
            parts.Memory.Reset();
            platform.DiscardMemory();
            parts.Devices.OnMemoryReady();
            LoadBootImage();
        }
        catch (Exception e) when (HostRefusals.Includes(e))
        {
            Fail($"cannot reset the machine: {e.Message}");
            return false;
        }

        return true;
    }
}
