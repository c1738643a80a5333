using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>device_add</c>: returns when the device is plugged; the guest's answer is a later event.</summary>
internal sealed class DeviceAddCommand : IQmpCommand
{
    public string Name => "device_add";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(
            new("driver", QmpType.String),
            new("bus", QmpType.String, true),
            new("id", QmpType.String, true)),
        QmpObjectType.Empty)
    {
        ChecksItself = true,
        Features = ["json-cli", "json-cli-hotplug"],
    };

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        context.Services.Devices.Add(arguments.Members, context.Dialect.Devices);
        return new JsonObject();
    }
}
