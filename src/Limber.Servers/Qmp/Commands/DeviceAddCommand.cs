using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>device_add</c>: returns when the device is plugged; the guest's answer is a later event.</summary>
internal sealed class DeviceAddCommand : IQmpCommand
{
    public string Name => "device_add";

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        context.Services.Cpus.Add(arguments.Members, context.Dialect.Devices);
        return new JsonObject();
    }
}
