using Limber.Control;

namespace Limber.Machine;

/// <summary>How far a machine is: what all of its parts have to know of the whole.</summary>
/// <remarks>Guarded by the machine's control lock.</remarks>
internal sealed class MachineStatus
{
    /// <summary>What clients see.</summary>
    public RunState State { get; set; } = RunState.Prelaunch;

    /// <summary>The guest has begun to run since the last power-on: it has to be told of changes.</summary>
    public bool GuestStarted { get; set; }

    /// <summary>What was plugged or removed since the boot image was loaded is not in its tables.</summary>
    public bool IsBootImageStale { get; set; }

    /// <summary>The process' exit code when the machine has ended; else null.</summary>
    public int? ExitCode { get; set; }

    /// <exception cref="VmException">InvalidState: the machine has ended.</exception>
    public void RequireAlive()
    {
        if (ExitCode is not null)
        {
            throw new VmException(VmErrorCode.InvalidState, "the machine has ended");
        }
    }
}
