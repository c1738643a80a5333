using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>device_del</c>: asks the guest to give a device back; DEVICE_DELETED tells when it did.</summary>
internal sealed class DeviceDelCommand : IQmpCommand
{
    public string Name => "device_del";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(new QmpMember("id", QmpType.String)),
        QmpObjectType.Empty);

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        string id = arguments.String("id");
        context.Services.Devices.Remove(id, context.Dialect.Devices);
        return new JsonObject();
    }
}
