namespace Limber.Servers.Qmp.Schema;

/// <summary>Types of NUMA options.</summary>
internal static class NumaTypes
{
    private static readonly QmpObjectType Node = new(
        new("nodeid", QmpType.Integer, true),
        new("cpus", new QmpArrayType(QmpType.Integer), true),
        new("mem", QmpType.Integer, true),
        new("memdev", QmpType.String, true),
        new("initiator", QmpType.Integer, true));

    private static readonly QmpObjectType Distance = new(
        new("src", QmpType.Integer),
        new("dst", QmpType.Integer),
        new("val", QmpType.Integer));

    /// <summary>One option, as <c>-numa</c> takes it.</summary>
    public static readonly QmpObjectType Options = new(new QmpMember("type", new QmpEnumType("node", "dist", "cpu")))
    {
        Tag = "type",
        Variants = [("node", Node), ("dist", Distance), ("cpu", MachineTypes.CpuProperties)],
    };
}
