namespace Limber.Control;

/// <summary>What a machine's processors are doing as a whole.</summary>
public enum RunState
{
    /// <summary>Created and not started, or turned off.</summary>
    Prelaunch,

    /// <summary>Processors run.</summary>
    Running,

    /// <summary>Stopped by a client; <see cref="IVirtualMachine.Resume"/> continues.</summary>
    Paused,

    /// <summary>The guest powered off and the process was told to stay.</summary>
    Shutdown,

    /// <summary>The hypervisor gave up on a processor; only reset or quit help.</summary>
    InternalError,
}
