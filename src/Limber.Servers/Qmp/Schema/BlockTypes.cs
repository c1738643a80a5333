using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Schema;

/// <summary>Types of commands and events about disks.</summary>
internal static class BlockTypes
{
    private static readonly QmpEnumType Driver = new("file", "host_device", "qcow2", "raw");
    private static readonly QmpEnumType ProtocolDriver = new("file", "host_device");
    private static readonly QmpEnumType Discard = new("ignore", "unmap");
    private static readonly QmpEnumType DetectZeroes = new("off", "on", "unmap");
    private static readonly QmpEnumType OnOffAuto = new("auto", "on", "off");
    private static readonly QmpEnumType Aio = new("threads", "native", "io_uring");

    private static readonly QmpObjectType Cache = new(
        new("direct", QmpType.Boolean, true),
        new("no-flush", QmpType.Boolean, true));

    private static readonly QmpMember[] Common =
    [
        new("node-name", QmpType.String, true),
        new("discard", Discard, true),
        new("cache", Cache, true),
        new("read-only", QmpType.Boolean, true),
        new("auto-read-only", QmpType.Boolean, true),
        new("force-share", QmpType.Boolean, true),
        new("detect-zeroes", DetectZeroes, true),
    ];

    private static readonly QmpObjectType OfProtocol = new(
        new("filename", QmpType.String),
        new("aio", Aio, true),
        new("locking", OnOffAuto, true));

    /// <summary>The node below a format: one of its own, or the name of one that exists.</summary>
    private static readonly QmpAlternateType BelowFormat = new(
        "BlockdevRef",
        (JsonKind.Object, new QmpObjectType([new("driver", ProtocolDriver), .. Common]) { Tag = "driver", Variants = [("file", OfProtocol), ("host_device", OfProtocol)] }),
        (JsonKind.String, QmpType.String));

    private static readonly QmpObjectType OfRaw = new(
        new("file", BelowFormat),
        new("offset", QmpType.Integer, true),
        new("size", QmpType.Integer, true));

    private static readonly QmpObjectType OfQcow2 = new(
        new("file", BelowFormat),
        new("lazy-refcounts", QmpType.Boolean, true),
        new("pass-discard-request", QmpType.Boolean, true),
        new("cache-size", QmpType.Integer, true),
        new("l2-cache-size", QmpType.Integer, true),
        new("refcount-cache-size", QmpType.Integer, true),
        new("cache-clean-interval", QmpType.Integer, true),
        new("backing", new QmpAlternateType("BlockdevRefOrNull", (JsonKind.Null, QmpType.Null), (JsonKind.String, QmpType.String)), true));

    /// <summary>A node, as <c>blockdev-add</c> takes it.</summary>
    public static readonly QmpObjectType Node = new([new("driver", Driver), .. Common])
    {
        Tag = "driver",
        Variants = [("file", OfProtocol), ("host_device", OfProtocol), ("qcow2", OfQcow2), ("raw", OfRaw)],
    };

    private static readonly QmpObjectType StratoVirtFile = new(
        new("driver", ProtocolDriver),
        new("filename", QmpType.String),
        new("aio", new QmpEnumType("off", "native", "iouring", "threads"), true));

    /// <summary>The same in StratoVirt's dialect: the format may be left out.</summary>
    public static readonly QmpObjectType StratoVirtNode = new(
        new("node-name", QmpType.String),
        new("file", StratoVirtFile),
        new("driver", new QmpEnumType("raw", "qcow2"), true),
        new("cache", Cache, true),
        new("read-only", QmpType.Boolean, true),
        new("discard", new QmpEnumType("ignore", "unmap"), true),
        new("detect-zeroes", DetectZeroes, true),
        new("id", QmpType.String, true),
        new("media", new QmpEnumType("disk"), true),
        new("l2-cache-size", QmpType.Integer, true),
        new("refcount-cache-size", QmpType.Integer, true));

    private static readonly QmpObjectType ImageInfo = new(
        new("filename", QmpType.String),
        new("format", QmpType.String),
        new("virtual-size", QmpType.Integer),
        new("dirty-flag", QmpType.Boolean, true));

    /// <summary>An image that is open.</summary>
    public static readonly QmpObjectType Inserted = new(
        new("file", QmpType.String),
        new("node-name", QmpType.String, true),
        new("ro", QmpType.Boolean),
        new("drv", QmpType.String),
        new("backing_file_depth", QmpType.Integer),
        new("encrypted", QmpType.Boolean),
        new("detect_zeroes", DetectZeroes),
        new("bps", QmpType.Integer),
        new("bps_rd", QmpType.Integer),
        new("bps_wr", QmpType.Integer),
        new("iops", QmpType.Integer),
        new("iops_rd", QmpType.Integer),
        new("iops_wr", QmpType.Integer),
        new("image", ImageInfo),
        new("cache", new QmpObjectType(
            new("writeback", QmpType.Boolean),
            new("direct", QmpType.Boolean),
            new("no-flush", QmpType.Boolean))),
        new("write_threshold", QmpType.Integer));

    public static readonly QmpArrayType Nodes = new(Inserted);

    public static readonly QmpArrayType Disks = new(new QmpObjectType(
        new("device", QmpType.String),
        new("qdev", QmpType.String, true),
        new("type", QmpType.String),
        new("removable", QmpType.Boolean),
        new("locked", QmpType.Boolean),
        new("inserted", Inserted, true)));

    /// <summary>Data of BLOCK_IO_ERROR.</summary>
    public static readonly QmpObjectType IoError = new(
        new("qom-path", QmpType.String),
        new("device", QmpType.String),
        new("node-name", QmpType.String, true),
        new("operation", new QmpEnumType("read", "write")),
        new("action", new QmpEnumType("ignore", "report", "stop")),
        new("nospace", QmpType.Boolean, true),
        new("reason", QmpType.String));
}
