using System;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>A command without parameters.</summary>
internal sealed class NoArgumentCommand(string name, Func<QmpContext, JsonValue> execute) : IQmpCommand
{
    public string Name => name;

    public bool AllowsOutOfBand { get; init; }

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        arguments.End();
        return execute(context);
    }
}
