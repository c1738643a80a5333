using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>x-limber-cancel-operation {id}</c>: withdraws a request that the guest has not acted on.</summary>
internal sealed class CancelOperationCommand : IQmpCommand
{
    public string Name => "x-limber-cancel-operation";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(new QmpMember("id", QmpType.Integer)),
        QmpObjectType.Empty);

    public bool AllowsOutOfBand => true;

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        OperationLookup.Cancel(context.Machine, arguments.Integer("id"));
        return new JsonObject();
    }
}
