using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>
/// <c>x-limber-subscribe-operations {enable?}</c>: sends this client X_LIMBER_OPERATION events, or stops that. Off at
/// first: clients that know only the documented events get only those.
/// </summary>
internal sealed class SubscribeOperationsCommand : IQmpCommand
{
    public string Name => "x-limber-subscribe-operations";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(new QmpMember("enable", QmpType.Boolean, true)),
        QmpObjectType.Empty);

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        bool enable = arguments.OptionalBoolean("enable") ?? true;
        context.OperationEventsEnabled = enable;
        return new JsonObject();
    }
}
