using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>One message of a client: a command to carry out, or what is wrong with the message.</summary>
internal sealed record QmpRequest
{
    public string Command { get; private init; } = string.Empty;

    /// <summary>Sent as <c>exec-oob</c>: to be carried out at once, before commands that wait.</summary>
    public bool OutOfBand { get; private init; }

    public JsonObject Arguments { get; private init; } = [];

    /// <summary>To be echoed; null when the client sent none, which differs from the JSON value null.</summary>
    public JsonValue? Id { get; private init; }

    public QmpException? Error { get; private init; }

    public static QmpRequest Unreadable(string problem) => new() { Error = new QmpException(problem) };

    /// <summary>Checks the envelope.</summary>
    /// <param name="message">Any JSON value.</param>
    /// <param name="outOfBandEnabled">The client negotiated the capability <c>oob</c>.</param>
    public static QmpRequest Parse(JsonValue message, bool outOfBandEnabled)
    {
        if (message.Kind != JsonKind.Object)
        {
            return Unreadable("QMP input must be a JSON object");
        }

        JsonObject members = message.AsObject();
        JsonValue? id = members.TryGet("id", out JsonValue value) ? value : default(JsonValue?);
        try
        {
            return ParseMembers(members, outOfBandEnabled) with { Id = id };
        }
        catch (QmpException refusal)
        {
            return new() { Error = refusal, Id = id };
        }
    }

    private static QmpRequest ParseMembers(JsonObject members, bool outOfBandEnabled)
    {
        string? key = null;
        JsonValue command = default;
        JsonObject arguments = [];
        foreach ((string name, JsonValue value) in members)
        {
            switch (name)
            {
                case "execute":
                case "exec-oob" when outOfBandEnabled:
                    RequireKind(name, value, JsonKind.String, "a string");
                    if (key is not null)
                    {
                        throw new QmpException("QMP input member 'execute' clashes with 'exec-oob'");
                    }

                    key = name;
                    command = value;
                    break;
                case "arguments":
                    RequireKind(name, value, JsonKind.Object, "an object");
                    arguments = value.AsObject();
                    break;
                case "id":
                    break;
                default:
                    throw new QmpException($"QMP input member '{name}' is unexpected");
            }
        }

        return key is null
            ? throw new QmpException("QMP input lacks member 'execute'")
            : new() { Command = command.AsString(), OutOfBand = key == "exec-oob", Arguments = arguments };
    }

    private static void RequireKind(string name, JsonValue value, JsonKind kind, string words)
    {
        if (value.Kind != kind)
        {
            throw new QmpException($"QMP input member '{name}' must be {words}");
        }
    }
}
