using System.Collections.Generic;
using System.Linq;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>qmp_capabilities</c>: ends negotiation and enables capabilities. A refused attempt may be repeated.</summary>
internal sealed class CapabilitiesCommand : IQmpCommand
{
    public string Name => QmpCommandTable.Negotiation;

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(new QmpMember("enable", new QmpArrayType(IntrospectionTypes.Capability), true)),
        QmpObjectType.Empty);

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
            if (!context.Dialect.Capabilities.Contains(capability.AsString()))
            {
                throw new QmpException($"Parameter 'null' does not accept value '{capability.AsString()}'");
            }
        }

        context.OutOfBandEnabled = wanted.Count > 0;
        context.Negotiated = true;
        return new JsonObject();
    }
}
