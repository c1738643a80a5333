using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>cpu-add {id}</c>: plugs the slot with an index, without a device id (QEMU before 5.2).</summary>
internal sealed class CpuAddCommand : IQmpCommand
{
    public string Name => "cpu-add";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(new QmpMember("id", QmpType.Integer)),
        QmpObjectType.Empty);

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        long index = arguments.Integer("id");
        context.Services.Cpus.AddByIndex(index);
        return new JsonObject();
    }
}
