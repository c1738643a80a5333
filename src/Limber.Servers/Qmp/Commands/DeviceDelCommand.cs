using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>device_del</c>: asks the guest to give a device back; DEVICE_DELETED tells when it did.</summary>
internal sealed class DeviceDelCommand : IQmpCommand
{
    public string Name => "device_del";

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        string id = arguments.String("id");
        arguments.End();
        context.Services.Cpus.Remove(id, context.Dialect.Devices);
        return new JsonObject();
    }
}
