using Limber.Control;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Finds the operation a command names.</summary>
internal static class OperationLookup
{
    /// <exception cref="QmpException">There is none with the id, or it has been forgotten.</exception>
    public static IHotplugOperation Find(IVirtualMachine machine, long id) =>
        machine.FindOperation(id)
        ?? throw new QmpException(QmpErrorClass.GenericError, $"Operation {id} not found");

    /// <summary>Withdraws a request.</summary>
    /// <exception cref="QmpException">There is none with the id, or the guest has acted on it.</exception>
    public static void Cancel(IVirtualMachine machine, long id)
    {
        IHotplugOperation operation = Find(machine, id);
        if (!operation.TryCancel())
        {
            string state = OperationJson.Kebab(operation.Current.State.ToString());
            throw new QmpException($"Operation {id} can not be cancelled: it is {state}");
        }
    }
}
