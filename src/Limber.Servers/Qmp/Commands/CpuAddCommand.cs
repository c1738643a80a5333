using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>cpu-add {id}</c>: plugs the slot with an index, without a device id (QEMU before 5.2).</summary>
internal sealed class CpuAddCommand : IQmpCommand
{
    public string Name => "cpu-add";

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        long index = arguments.Integer("id");
        arguments.End();
        context.Services.Cpus.AddByIndex(index);
        return new JsonObject();
    }
}
