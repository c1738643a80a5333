using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Servers.Devices;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Queries about the server and what the machine is.</summary>
internal static class IdentityQueries
{
    private const string DefaultType = "q35";
    private const string OldType = "pc";

    // What -cpu is when nobody says it; the other dialects have the one that runs.
    private const string DefaultCpuType = "qemu64" + CpuTypeNames.Suffix;
    private const int OldTypeMaxCpus = 255;
    private const int DefaultTypeMaxCpus = 4096;

    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-version", IntrospectionTypes.Version, static context => context.Dialect.Version),
        new NoArgumentCommand("query-commands", IntrospectionTypes.Names, static context => Names(context.Services.Commands.Names)),
        new NoArgumentCommand("query-events", IntrospectionTypes.Names, static context => Names(context.Dialect.EventNames)),
        new NoArgumentCommand("query-qmp-schema", IntrospectionTypes.Schema, static context =>
            QmpIntrospection.Describe(context.Services.Commands, context.Dialect.Events)),
        new NoArgumentCommand(
            "query-name",
            new QmpObjectType(new QmpMember("name", QmpType.String, true)),
            static context => context.Machine.Config.Name is { } name ? new JsonObject { { "name", name } } : new JsonObject()),
        new NoArgumentCommand(
            "query-uuid",
            new QmpObjectType(new QmpMember("UUID", QmpType.String)),
            static context => new JsonObject { { "UUID", context.Machine.Config.Uuid.ToString() } }),
        new NoArgumentCommand(
            "query-kvm",
            new QmpObjectType(new("enabled", QmpType.Boolean), new("present", QmpType.Boolean)),
            static _ => new JsonObject { { "enabled", true }, { "present", true } }),
        new NoArgumentCommand(
            "query-target",
            new QmpObjectType(new QmpMember("arch", MachineTypes.Target)),
            static _ => new JsonObject { { "arch", "x86_64" } }),
        new NoArgumentCommand("query-machines", MachineTypes.Machines, Machines),
        new NoArgumentCommand(
            "query-current-machine",
            new QmpObjectType(new QmpMember("wakeup-suspend-support", QmpType.Boolean)),
            static _ => new JsonObject { { "wakeup-suspend-support", false } }),
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

        // StratoVirt's and Cloud Hypervisor's command lines reach one machine type only.
        string[] types = context.Machine.Config.Dialect == Dialect.Qemu ? [DefaultType, OldType] : [];
        foreach (string type in types.Union([running], StringComparer.Ordinal))
        {
            JsonObject entry = new()
            {
                { "hotpluggable-cpus", true },
                { "name", type },
                { "numa-mem-supported", false },
            };
            entry.Add("default-cpu-type", types.Length > 0 ? DefaultCpuType : context.Services.Cpus.TypeName);
            if (type == DefaultType)
            {
                entry.Add("is-default", true);
            }

            bool old = type == OldType || type.StartsWith("pc-i440fx", StringComparison.Ordinal);
            entry.Add("cpu-max", old ? OldTypeMaxCpus : DefaultTypeMaxCpus);
            entry.Add("deprecated", false);
            result.Add(entry);
        }

        return result;
    }
}
