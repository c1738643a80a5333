using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Queries about the server and what the machine is.</summary>
internal static class IdentityQueries
{
    /// <summary>The machine types of the one platform there is, the default first.</summary>
    private static readonly string[] MachineTypes = ["q35", "pc"];

    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-version", static context => context.Dialect.Version),
        new NoArgumentCommand("query-commands", static context => Names(context.Services.Commands.Names)),
        new NoArgumentCommand("query-events", static context => Names(context.Dialect.EventNames)),
        new NoArgumentCommand("query-name", static context => context.Machine.Config.Name is { } name
            ? new JsonObject { { "name", name } }
            : new JsonObject()),
        new NoArgumentCommand("query-uuid", static context => new JsonObject { { "UUID", context.Machine.Config.Uuid.ToString() } }),
        new NoArgumentCommand("query-kvm", static _ => new JsonObject { { "enabled", true }, { "present", true } }),
        new NoArgumentCommand("query-target", static _ => new JsonObject { { "arch", "x86_64" } }),
        new NoArgumentCommand("query-machines", Machines),
        new NoArgumentCommand("query-current-machine", static _ => new JsonObject { { "wakeup-suspend-support", false } }),
    ];

    private static JsonValue Names(IEnumerable<string> names)
    {
        List<JsonValue> result = [];
        foreach (string name in names)
        {
            result.Add(new JsonObject { { "name", name } });
        }

        return result;
    }

    private static JsonValue Machines(QmpContext context)
    {
        List<JsonValue> result = [];
        string running = context.Machine.Config.MachineType;
        foreach (string type in MachineTypes.Union([running], StringComparer.Ordinal))
        {
            JsonObject entry = new()
            {
                { "hotpluggable-cpus", true },
                { "name", type },
                { "numa-mem-supported", false },
            };
            if (type == running)
            {
                entry.Add("default-cpu-type", context.Services.Cpus.TypeName);
            }

            if (type == MachineTypes[0])
            {
                entry.Add("is-default", true);
            }

            entry.Add("cpu-max", Math.Max(255, context.Machine.Config.Cpus.Max));
            entry.Add("deprecated", false);
            result.Add(entry);
        }

        return result;
    }
}
