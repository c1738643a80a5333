using System.Collections.Generic;
using System.Linq;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>qmp_capabilities</c>: ends negotiation and enables capabilities. A refused attempt may be repeated.</summary>
internal sealed class CapabilitiesCommand : IQmpCommand
{
    public string Name => QmpCommandTable.Negotiation;

    public JsonValue Execute(QmpArguments arguments, QmpContext context)
    {
        if (context.Dialect.RequiresNegotiation && context.Negotiated)
        {
            throw new QmpException(
                QmpErrorClass.CommandNotFound,
                "Capabilities negotiation is already complete, command ignored");
        }

        List<JsonValue> wanted = arguments.OptionalArray("enable") ?? [];
        foreach (JsonValue capability in wanted)
        {
            // An element of a list has no name, which QEMU words as 'null'.
            if (capability.Kind != JsonKind.String)
            {
                throw QmpException.WrongType("null", "string");
            }

            if (!context.Dialect.Capabilities.Contains(capability.AsString()))
            {
                throw new QmpException($"Parameter 'null' does not accept value '{capability.AsString()}'");
            }
        }

        arguments.End();
        context.OutOfBandEnabled = wanted.Count > 0;
        context.Negotiated = true;
        return new JsonObject();
    }
}
