using Limber.Control;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>x-limber-cancel-operation {id}</c>: withdraws a request that the guest has not acted on.</summary>
internal sealed class CancelOperationCommand : IQmpCommand
{
    public string Name => "x-limber-cancel-operation";

    public bool AllowsOutOfBand => true;

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        long id = arguments.Integer("id");
        arguments.End();
        IHotplugOperation operation = OperationLookup.Find(context, id);
        if (!operation.TryCancel())
        {
            string state = OperationJson.Kebab(operation.Current.State.ToString());
            throw new QmpException($"Operation {id} can not be cancelled: it is {state}");
        }

        return new JsonObject();
    }
}
