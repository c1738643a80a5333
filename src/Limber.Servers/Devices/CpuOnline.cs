using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>The property <c>online</c> of processors (an extension of this project): the guest's agent is to bring them online.</summary>
internal static class CpuOnline
{
    public const string Name = "online";

    /// <summary>Its value; false when it is not given.</summary>
    /// <exception cref="QmpException">It is no boolean.</exception>
    public static bool Read(JsonObject members, ValueSyntax syntax)
    {
        if (!members.TryGet(Name, out JsonValue value))
        {
            return false;
        }

        return value.Kind switch
        {
            JsonKind.Boolean => value.AsBoolean(),
            JsonKind.String when syntax != ValueSyntax.StrictJson => value.AsString() switch
            {
                "on" or "yes" or "true" or "y" => true,
                "off" or "no" or "false" or "n" => false,
                _ => throw new QmpException($"Parameter '{Name}' expects 'on' or 'off'"),
            },
            _ => throw QmpException.WrongType(Name, "boolean"),
        };
    }

    /// <summary>The members without it.</summary>
    public static JsonObject Without(JsonObject members)
    {
        if (!members.Contains(Name))
        {
            return members;
        }

        JsonObject rest = [];
        foreach ((string name, JsonValue value) in members)
        {
            if (name != Name)
            {
                rest.Add(name, value);
            }
        }

        return rest;
    }
}
