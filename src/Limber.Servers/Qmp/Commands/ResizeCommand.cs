using System;
using System.Collections.Generic;
using Limber.Config;
using Limber.Control;
using Limber.Servers.Devices;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>
/// <c>x-limber-resize {cpus, deadline?, online?}</c>: plugs or asks back as many processors as it takes; answers with one operation
/// for each, and with <c>online</c> one for the guest's agent to bring new ones online. The guest has <c>deadline</c> seconds to answer, or as long as the machine gives it.
/// </summary>
internal sealed class ResizeCommand : IQmpCommand
{
    public string Name => "x-limber-resize";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(
            new QmpMember("cpus", QmpType.Integer),
            new QmpMember("deadline", QmpType.Number, true),
            new QmpMember("online", QmpType.Boolean, true)),
        MachineTypes.Operations);

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        TimeSpan? deadline = null;
        if (arguments.OptionalNumber("deadline") is { } seconds)
        {
            deadline = OperationDeadline.TryFromSeconds(seconds, out TimeSpan valid)
                ? valid
                : throw new QmpException($"Parameter 'deadline' expects {OperationDeadline.Rule}");
        }

        List<JsonValue> result = [];
        foreach (IHotplugOperation operation in CpuResize.To(context.Machine, arguments.Integer("cpus"), deadline, arguments.OptionalBoolean("online") ?? false))
        {
            result.Add(OperationJson.Describe(operation.Current));
        }

        return result;
    }
}
