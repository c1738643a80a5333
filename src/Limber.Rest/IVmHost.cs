using Limber.Config;
using Limber.Control;

namespace Limber.Rest;

/// <summary>Where the machine behind REST comes from: a process has at most one at a time.</summary>
/// <remarks><see cref="Create"/> and <see cref="Delete"/> are called one at a time; <see cref="Machine"/> and <see cref="Quit"/> at any time.</remarks>
public interface IVmHost
{
    /// <summary>The machine, or null when there is none.</summary>
    IVirtualMachine? Machine { get; }

    /// <summary>Creates the machine, which does not run yet.</summary>
    /// <exception cref="VmException">There is one already, or it can't be made; nothing is left.</exception>
    void Create(VmConfig config);

    /// <summary>Ends the machine and returns when nothing of it is left; no effect when there is none.</summary>
    /// <exception cref="VmException">The machine can't be deleted.</exception>
    void Delete();

    /// <summary>Begins to end the process.</summary>
    void Quit();
}
