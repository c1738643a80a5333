using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>
/// <c>set-numa-node</c>, which is for the time before a machine is created (<c>--preconfig</c>). There is no such time here, so
/// it is always refused, as QEMU does on a machine that exists.
/// </summary>
internal sealed class SetNumaNodeCommand : IQmpCommand
{
    public string Name => "set-numa-node";

    public QmpSignature Signature { get; } = new(NumaTypes.Options, QmpObjectType.Empty);

    public JsonValue Execute(QmpArguments arguments, QmpContext context) =>
        throw new QmpException("The command is permitted only before the machine has been created");
}
