using System.Collections.Generic;
using Limber.Control;
using Limber.Servers.Devices;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>
/// <c>x-limber-resize {cpus}</c>: plugs or asks back as many processors as it takes; answers with one operation for each.
/// </summary>
internal sealed class ResizeCommand : IQmpCommand
{
    public string Name => "x-limber-resize";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(new QmpMember("cpus", QmpType.Integer)),
        MachineTypes.Operations);

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (IHotplugOperation operation in CpuResize.To(context.Machine, arguments.Integer("cpus")))
        {
            result.Add(OperationJson.Describe(operation.Current));
        }

        return result;
    }
}
