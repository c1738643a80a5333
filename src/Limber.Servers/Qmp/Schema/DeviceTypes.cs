using Limber.DeviceOptions.Backends;

namespace Limber.Servers.Qmp.Schema;

/// <summary>Types of commands and events about PCI devices other than disks.</summary>
internal static class DeviceTypes
{
    private static readonly QmpObjectType Tap = new(
        new("ifname", QmpType.String, true),
        new("fd", QmpType.String, true),
        new("fds", QmpType.String, true),
        new("script", QmpType.String, true),
        new("downscript", QmpType.String, true),
        new("vnet_hdr", QmpType.Boolean, true),
        new("vhost", QmpType.Boolean, true),
        new("vhostforce", QmpType.Boolean, true),
        new("queues", QmpType.Integer, true));

    private static readonly QmpObjectType VhostUser = new(
        new("chardev", QmpType.String),
        new("vhostforce", QmpType.Boolean, true),
        new("queues", QmpType.Integer, true));

    private static readonly QmpEnumType NetdevKind = new("tap", "vhost-user");

    /// <summary>A network backend, as <c>netdev_add</c> takes it.</summary>
    public static readonly QmpObjectType Netdev = new(new("id", QmpType.String), new("type", NetdevKind))
    {
        Tag = "type",
        Variants = [("tap", Tap), ("vhost-user", VhostUser)],
    };

    /// <summary>The same in StratoVirt's dialect: a tap unless said otherwise.</summary>
    public static readonly QmpObjectType StratoVirtNetdev = new(
        new("id", QmpType.String),
        new("type", NetdevKind, true),
        new("ifname", QmpType.String, true),
        new("fd", QmpType.String, true),
        new("fds", QmpType.String, true),
        new("script", QmpType.String, true),
        new("downscript", QmpType.String, true),
        new("vhost", QmpType.Boolean, true),
        new("queues", QmpType.Integer, true),
        new("chardev", QmpType.String, true));

    private static readonly QmpObjectType RandomSource = new(new QmpMember("filename", QmpType.String, true));

    /// <summary>An object, as <c>object-add</c> takes it.</summary>
    public static readonly QmpObjectType Object = new(
        new("qom-type", new QmpEnumType([.. ObjectOptions.Types])),
        new("id", QmpType.String))
    {
        Tag = "qom-type",
        Variants =
        [
            .. MemoryTypes.Backends, (ObjectOptions.BuiltinRandomType, QmpObjectType.Empty), (ObjectOptions.RandomType, RandomSource),
        ],
    };

    private static readonly QmpObjectType SocketAddress = new(
        new("type", new QmpEnumType("unix")),
        new("data", new QmpObjectType(new QmpMember("path", QmpType.String))));

    /// <summary>The host side of a character device, as <c>chardev-add</c> takes it.</summary>
    public static readonly QmpObjectType ChardevBackend = new(
        new QmpMember("type", new QmpEnumType("file", "null", "socket")))
    {
        Tag = "type",
        Variants =
        [
            ("file", new(new QmpMember("data", new QmpObjectType(new("out", QmpType.String), new("append", QmpType.Boolean, true))))),
            ("null", new(new QmpMember("data", QmpObjectType.Empty))),
            ("socket", new(new QmpMember("data", new QmpObjectType(
                new("addr", SocketAddress),
                new("server", QmpType.Boolean, true),
                new("wait", QmpType.Boolean, true),
                new("reconnect", QmpType.Integer, true),
                new("reconnect-ms", QmpType.Integer, true))))),
        ],
    };

    /// <summary>The guest opened or closed a port.</summary>
    public static readonly QmpObjectType PortChange = new(
        new("id", QmpType.String),
        new("open", QmpType.Boolean));

    private static readonly QmpObjectType PciClass = new(new("desc", QmpType.String, true), new("class", QmpType.Integer));

    private static readonly QmpObjectType PciId = new(new("device", QmpType.Integer), new("vendor", QmpType.Integer));

    private static readonly QmpMember[] PciDevice =
    [
        new("bus", QmpType.Integer),
        new("slot", QmpType.Integer),
        new("function", QmpType.Integer),
        new("class_info", PciClass),
        new("id", PciId),
        new("irq_pin", QmpType.Integer),
        new("qdev_id", QmpType.String),
        new("regions", new QmpArrayType(QmpType.Any)),
    ];

    private static readonly QmpObjectType PciBridge = new(
        new("bus", new QmpObjectType(
            new("number", QmpType.Integer),
            new("secondary", QmpType.Integer),
            new("subordinate", QmpType.Integer))),
        new("devices", new QmpArrayType(new QmpObjectType([.. PciDevice])), true));

    /// <summary>All buses that hang at the host, as <c>query-pci</c> answers.</summary>
    public static readonly QmpArrayType PciBuses = new(new QmpObjectType(
        new("bus", QmpType.Integer),
        new("devices", new QmpArrayType(new QmpObjectType([.. PciDevice, new("pci_bridge", PciBridge, true)])))));

    public static readonly QmpObjectType Balloon = new(new QmpMember("actual", QmpType.Integer));

    /// <summary>Data of X_LIMBER_DEVICE_FAILED: an extension of this project.</summary>
    public static readonly QmpObjectType Failure = new(
        new("device", QmpType.String, true),
        new("path", QmpType.String),
        new("operation", QmpType.String),
        new("nospace", QmpType.Boolean),
        new("reason", QmpType.String));
}
