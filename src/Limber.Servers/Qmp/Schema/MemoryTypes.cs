using Limber.DeviceOptions.Backends;

namespace Limber.Servers.Qmp.Schema;

/// <summary>Types of commands and events about memory.</summary>
internal static class MemoryTypes
{
    private static readonly QmpEnumType HostPolicy = new("default", "preferred", "bind", "interleave");

    private static readonly QmpMember[] Backend =
    [
        new("size", QmpType.Integer),
        new("share", QmpType.Boolean, true),
        new("prealloc", QmpType.Boolean, true),
        new("merge", QmpType.Boolean, true),
        new("dump", QmpType.Boolean, true),
        new("reserve", QmpType.Boolean, true),
        new("policy", HostPolicy, true),
        new("host-nodes", new QmpArrayType(QmpType.Integer), true),
        new("x-use-canonical-path-for-ramblock-id", QmpType.Boolean, true),
    ];

    private static readonly QmpObjectType Ram = new([.. Backend]);

    private static readonly QmpObjectType File = new(
    [
        .. Backend,
        new("mem-path", QmpType.String),
        new("discard-data", QmpType.Boolean, true),
        new("pmem", QmpType.Boolean, true),
        new("readonly", QmpType.Boolean, true),
        new("rom", new QmpEnumType("auto", "on", "off"), true),
    ]);

    private static readonly QmpObjectType Memfd = new(
    [
        .. Backend,
        new("hugetlb", QmpType.Boolean, true),
        new("hugetlbsize", QmpType.Integer, true),
        new("seal", QmpType.Boolean, true),
    ]);

    /// <summary>Data of MEMORY_FAILURE.</summary>
    public static readonly QmpObjectType Failure = new(
        new("recipient", new QmpEnumType("hypervisor", "guest")),
        new("action", new QmpEnumType("ignore", "inject", "fatal", "reset")),
        new("flags", new QmpObjectType(new("action-required", QmpType.Boolean), new("recursive", QmpType.Boolean))));

    private static readonly QmpObjectType Dimm = new(
        new("id", QmpType.String, true),
        new("addr", QmpType.Integer),
        new("size", QmpType.Integer),
        new("slot", QmpType.Integer),
        new("node", QmpType.Integer),
        new("memdev", QmpType.String),
        new("hotplugged", QmpType.Boolean),
        new("hotpluggable", QmpType.Boolean));

    private static readonly QmpObjectType VirtioMem = new(
        new("id", QmpType.String, true),
        new("memaddr", QmpType.Integer),
        new("requested-size", QmpType.Integer),
        new("size", QmpType.Integer),
        new("max-size", QmpType.Integer),
        new("block-size", QmpType.Integer),
        new("node", QmpType.Integer),
        new("memdev", QmpType.String));

    /// <summary>What <c>object-add</c> takes for each type of memory.</summary>
    public static readonly (string Case, QmpObjectType Type)[] Backends =
        [(MemoryBackendOptions.FileType, File), (MemoryBackendOptions.MemfdType, Memfd), (MemoryBackendOptions.RamType, Ram)];

    /// <summary>Result of <c>query-memory-devices</c>.</summary>
    public static readonly QmpArrayType Devices = new(new QmpObjectType(new QmpMember("type", new QmpEnumType("dimm", "virtio-mem")))
    {
        Tag = "type",
        Variants =
        [
            ("dimm", new QmpObjectType(new QmpMember("data", Dimm))),
            ("virtio-mem", new QmpObjectType(new QmpMember("data", VirtioMem))),
        ],
    });

    public static readonly QmpObjectType Summary = new(
        new("base-memory", QmpType.Integer),
        new("plugged-memory", QmpType.Integer, true));

    /// <summary>Result of <c>query-memdev</c>.</summary>
    public static readonly QmpArrayType Memdevs = new(new QmpObjectType(
        new("id", QmpType.String, true),
        new("size", QmpType.Integer),
        new("merge", QmpType.Boolean),
        new("dump", QmpType.Boolean),
        new("prealloc", QmpType.Boolean),
        new("share", QmpType.Boolean),
        new("reserve", QmpType.Boolean, true),
        new("host-nodes", new QmpArrayType(QmpType.Integer)),
        new("policy", HostPolicy)));

    /// <summary>Result of StratoVirt's <c>get-viomem</c>.</summary>
    public static readonly QmpObjectType StratoVirtDevice = new(
        new("node", QmpType.Integer),
        new("size", QmpType.Integer),
        new("block-size", QmpType.Integer),
        new("requested-size", QmpType.Integer),
        new("plugged-size", QmpType.Integer));

    /// <summary>Data of MEMORY_DEVICE_SIZE_CHANGE.</summary>
    public static readonly QmpObjectType SizeChange = new(
        new("id", QmpType.String, true),
        new("size", QmpType.Integer),
        new("qom-path", QmpType.String));

    /// <summary>Data of MEM_UNPLUG_ERROR.</summary>
    public static readonly QmpObjectType UnplugError = new(
        new("device", QmpType.String),
        new("msg", QmpType.String));
}
