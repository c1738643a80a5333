using System.Linq;
using Limber.Servers.Hmp;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>human-monitor-command</c>: runs an HMP line and returns its text; HMP's errors are part of the text.</summary>
internal sealed class HumanMonitorCommand : IQmpCommand
{
    public string Name => "human-monitor-command";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(
            new("command-line", QmpType.String),
            new("cpu-index", QmpType.Integer, true)),
        QmpType.String);

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        string line = arguments.String("command-line");
        long? cpuIndex = arguments.OptionalInteger("cpu-index");
        if (cpuIndex is { } index
            && !context.Machine.GetCpuSlots().Any(slot => slot.Index == index && slot.Occupant is not null))
        {
            throw new QmpException("Parameter 'cpu-index' expects a CPU number");
        }

        HmpFocus focus = new() { CpuIndex = (int?)cpuIndex };
        return context.Services.Hmp.Run(line, focus).Replace("\n", "\r\n", System.StringComparison.Ordinal);
    }
}
