using System.Collections.Generic;
using System.Linq;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>
/// <c>query-command-line-options</c>: the options with keys that clients look for before they start a machine, and of
/// each only the keys that have an effect here.
/// </summary>
internal static class CommandLineQueries
{
    private static readonly (string Option, (string Name, string Type)[] Parameters)[] Options =
    [
        ("blockdev", []),
        ("device", []),
        (
            "drive",
            [
                ("id", "string"), ("file", "string"), ("if", "string"), ("format", "string"), ("cache", "string"), ("aio", "string"),
                ("discard", "string"), ("readonly", "boolean"),
            ]),
        ("machine", [("type", "string"), ("accel", "string"), ("kernel", "string"), ("initrd", "string"), ("append", "string")]),
        ("memory", [("size", "size"), ("slots", "number"), ("maxmem", "size")]),
        ("name", [("guest", "string")]),
        ("netdev", []),
        ("numa", []),
        ("object", []),
        (
            "smp-opts",
            [
                ("cpus", "number"), ("drawers", "number"), ("books", "number"), ("sockets", "number"), ("dies", "number"),
                ("clusters", "number"), ("modules", "number"), ("cores", "number"), ("threads", "number"), ("maxcpus", "number"),
            ]),
    ];

    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new DelegateCommand(
            "query-command-line-options",
            new(new QmpObjectType(new QmpMember("option", QmpType.String, true)), IntrospectionTypes.CommandLineOptions),
            static (arguments, _) => Describe(arguments.OptionalString("option"))),
    ];

    private static List<JsonValue> Describe(string? wanted)
    {
        List<JsonValue> result = [];
        foreach ((string option, (string Name, string Type)[] parameters) in Options)
        {
            if (wanted is null || wanted == option)
            {
                List<JsonValue> described = [];
                foreach ((string name, string type) in parameters)
                {
                    described.Add(new JsonObject { { "name", name }, { "type", type } });
                }

                result.Add(new JsonObject { { "parameters", described }, { "option", option } });
            }
        }

        return result.Count > 0 ? result : throw new QmpException($"invalid option name: {wanted}");
    }
}
