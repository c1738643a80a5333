using System;
using System.Linq;
using Limber.Control;

namespace Limber.Servers.Qmp.Schema;

/// <summary>Types of commands and events about the machine and its processors.</summary>
internal static class MachineTypes
{
    public static readonly QmpEnumType Target = new("x86_64");

    public static readonly QmpEnumType RunStateName = new(Array.ConvertAll(Enum.GetValues<RunState>(), QemuDialect.RunStateName));

    public static readonly QmpObjectType Status = new(
        new("status", RunStateName),
        new("running", QmpType.Boolean),
        new("singlestep", QmpType.Boolean, true));

    public static readonly QmpArrayType Machines = new(new QmpObjectType(
        new("name", QmpType.String),
        new("is-default", QmpType.Boolean, true),
        new("cpu-max", QmpType.Integer),
        new("hotpluggable-cpus", QmpType.Boolean),
        new("numa-mem-supported", QmpType.Boolean),
        new("deprecated", QmpType.Boolean),
        new("default-cpu-type", QmpType.String, true)));

    /// <summary>Where a processor sits.</summary>
    public static readonly QmpObjectType CpuProperties = new(
        new("node-id", QmpType.Integer, true),
        new("socket-id", QmpType.Integer, true),
        new("die-id", QmpType.Integer, true),
        new("module-id", QmpType.Integer, true),
        new("core-id", QmpType.Integer, true),
        new("thread-id", QmpType.Integer, true));

    public static readonly QmpArrayType HotpluggableCpus = new(new QmpObjectType(
        new("type", QmpType.String),
        new("vcpus-count", QmpType.Integer),
        new("props", CpuProperties),
        new("qom-path", QmpType.String, true)));

    public static readonly QmpArrayType CpusFast = new(new QmpObjectType(
        new("cpu-index", QmpType.Integer),
        new("qom-path", QmpType.String),
        new("thread-id", QmpType.Integer),
        new("props", CpuProperties, true),
        new("target", Target)));

    /// <summary>The list of StratoVirt's <c>query-cpus</c>, whose spelling of <c>die_id</c> is its own.</summary>
    public static readonly QmpArrayType Cpus = new(new QmpObjectType(
        new("arch", new QmpEnumType("x86")),
        new("current", QmpType.Boolean),
        new("qom_path", QmpType.String),
        new("halted", QmpType.Boolean),
        new("props", new QmpObjectType(
            new("socket-id", QmpType.Integer),
            new("die_id", QmpType.Integer),
            new("thread-id", QmpType.Integer),
            new("core-id", QmpType.Integer))),
        new("CPU", QmpType.Integer),
        new("thread_id", QmpType.Integer)));

    /// <summary>What a guest reported of a slot by <c>_OST</c>.</summary>
    public static readonly QmpObjectType OspmStatus = new(
        new("device", QmpType.String, true),
        new("slot", QmpType.String),
        new("slot-type", new QmpEnumType("DIMM", "CPU")),
        new("source", QmpType.Integer),
        new("status", QmpType.Integer));

    public static readonly QmpObjectType Timestamp = new(
        new("seconds", QmpType.Integer),
        new("microseconds", QmpType.Integer));

    /// <summary>A hotplug operation: an extension of this project.</summary>
    public static readonly QmpObjectType Operation = new(
        new("id", QmpType.Integer),
        new("kind", KebabNames<OperationKind>()),
        new("state", KebabNames<OperationState>()),
        new("final", QmpType.Boolean),
        new("cpu-index", QmpType.Integer),
        new("target", QmpType.String),
        new("requested-at", Timestamp),
        new("notified-at", Timestamp, true),
        new("acknowledged-at", Timestamp, true),
        new("ended-at", Timestamp, true),
        new("deadline", Timestamp, true),
        new("ost-event", QmpType.Integer, true),
        new("ost-status", QmpType.Integer, true),
        new("detail", QmpType.String, true),
        new("aftermath", QmpType.String, true),
        new("aftermath-at", Timestamp, true));

    public static readonly QmpArrayType Operations = new(Operation);

    /// <summary>Data of RESET and SHUTDOWN.</summary>
    public static readonly QmpObjectType GuestAndReason = new(
        new("guest", QmpType.Boolean),
        new("reason", new QmpEnumType(Array.ConvertAll(Enum.GetValues<ShutdownReason>(), QmpDialect.ReasonName))));

    /// <summary>Data of the events about one device.</summary>
    public static readonly QmpObjectType DeviceAndPath = new(
        new("device", QmpType.String, true),
        new("path", QmpType.String));

    private static QmpEnumType KebabNames<T>()
        where T : struct, Enum => new([.. Enum.GetNames<T>().Select(OperationJson.Kebab)]);
}
