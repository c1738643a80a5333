using Limber.Control;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Finds the operation a command names.</summary>
internal static class OperationLookup
{
    /// <exception cref="QmpException">There is none with the id, or it has been forgotten.</exception>
    public static IHotplugOperation Find(QmpContext context, long id) =>
        context.Machine.FindOperation(id)
        ?? throw new QmpException(QmpErrorClass.GenericError, $"Operation {id} not found");
}
