using System;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp;

/// <summary>A command without parameters.</summary>
internal sealed class NoArgumentCommand(string name, QmpType returns, Func<QmpContext, JsonValue> execute) : IQmpCommand
{
    public string Name => name;

    public QmpSignature Signature { get; } = new(QmpObjectType.Empty, returns);

    public bool AllowsOutOfBand { get; init; }

    public JsonValue Execute(QmpArguments arguments, QmpContext context) => execute(context);
}
