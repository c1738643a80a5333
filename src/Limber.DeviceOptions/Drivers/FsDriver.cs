using System.Collections.Immutable;
using System.Text;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>vhost-user-fs-pci</c>.</summary>
internal sealed class FsDriver : DeviceDriver
{
    private const int MaxTagBytes = 36;
    private const int DefaultQueueSize = 128;

    public override string Name => "vhost-user-fs-pci";

    public override string Category => "Storage";

    private protected override ImmutableArray<PropertySpec> Own { get; } =
    [
        PropertySpec.Text("chardev"),
        PropertySpec.Text("tag"),
        PropertySpec.Number("num-request-queues", "uint16", 1),
        PropertySpec.Number("queue-size", "uint16", DefaultQueueSize),
        PropertySpec.Number("bootindex", "int32", -1),
    ];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        OptionReader options = reader.Options;
        options.Number("bootindex", -1, int.MaxValue);
        ChardevConfig.UnixSocket socket = SocketPath.OfChardev(options, reader.References, "vhost-user-fs-device");
        if (socket.Server)
        {
            throw OptionException.NotBuilt("chardev with server=on", "the back end listens");
        }

        if (socket.Reconnect is not null)
        {
            throw OptionException.NotBuilt("chardev with reconnect=", "supported: for vhost-user network cards");
        }

        string tag = options.Text("tag") is { Length: > 0 } text ? text : throw new OptionException("missing tag property");
        if (Encoding.UTF8.GetByteCount(tag) > MaxTagBytes)
        {
            throw new OptionException($"tag property must be {MaxTagBytes} bytes or less, not {Encoding.UTF8.GetByteCount(tag)}");
        }

        return new FsDeviceConfig
        {
            Id = reader.Id,
            Bus = reader.Bus,
            Slot = reader.Slot,
            Tag = tag,
            Socket = SocketPath.Check("socket", socket.Path),
            Queues = (int)(options.Number("num-request-queues", 1, 1024) ?? 1),
            QueueSize = options.PowerOfTwo("queue-size", 1, 1024) ?? DefaultQueueSize,
        };
    }
}
