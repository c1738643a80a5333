using Limber.Control;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>Actions that QMP and HMP word alike.</summary>
internal static class MachineActions
{
    /// <exception cref="QmpException">The guest has powered off, or a processor failed.</exception>
    public static void Continue(IVirtualMachine machine)
    {
        try
        {
            machine.Resume();
        }
        catch (VmException refusal) when (refusal.Code == VmErrorCode.InvalidState)
        {
            throw new QmpException(QmpErrorClass.GenericError, "Resetting the Virtual Machine is required", refusal);
        }
    }
}
