using System;
using System.Collections.Immutable;
using System.Globalization;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>virtio-net-pci</c>.</summary>
internal sealed class NetDriver : DeviceDriver
{
    private const int DefaultQueueSize = 256;

    public override string Name => "virtio-net-pci";

    public override string ShortName => "virtio-net";

    public override string Category => "Network";

    private protected override ImmutableArray<PropertySpec> Own { get; } =
    [
        PropertySpec.Text("netdev"),
        PropertySpec.Text("mac"),
        PropertySpec.Switch("mq", false),
        PropertySpec.Number("rx_queue_size", "uint16", DefaultQueueSize),
        PropertySpec.Number("tx_queue_size", "uint16", DefaultQueueSize),
        PropertySpec.Number("host_mtu", "uint16", 0),
        PropertySpec.Number("bootindex", "int32", -1),
        PropertySpec.Switch("csum", true),
        PropertySpec.Switch("host_tso4", true),
        PropertySpec.Switch("host_ufo", true),
    ];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        OptionReader options = reader.Options;
        options.Number("bootindex", -1, int.MaxValue);
        string? backend = options.Text("netdev");
        if (backend is not null && !reader.References.HasNetBackend(backend))
        {
            throw new OptionException($"Property 'virtio-net-device.netdev' can't find value '{backend}'");
        }

        int receive = options.PowerOfTwo("rx_queue_size", 256, 1024) ?? DefaultQueueSize;
        int transmit = options.PowerOfTwo("tx_queue_size", 256, 1024) ?? receive;
        if (receive != transmit)
        {
            throw OptionException.NotBuilt($"rx_queue_size={receive},tx_queue_size={transmit}", "supported: the same size for both");
        }

        long mtu = options.Number("host_mtu", 0, ushort.MaxValue) is { } given and not 0
            ? options.Number("host_mtu", 1280, ushort.MaxValue) ?? given
            : 0;
        return new NetDeviceConfig
        {
            Id = reader.Id,
            Bus = reader.Bus,
            Slot = reader.Slot,
            Backend = backend,
            MacAddress = Mac(options),
            QueuePairs = options.Boolean("mq") == true ? null : 1,
            QueueSize = receive,
            Mtu = mtu == 0 ? null : (int)mtu,
            ChecksumOffload = options.Boolean("csum") ?? true,
            TcpOffload = options.Boolean("host_tso4") ?? true,
            UdpOffload = options.Boolean("host_ufo") ?? true,
        };
    }

    private static string? Mac(OptionReader options)
    {
        if (options.Text("mac") is not { } mac)
        {
            return null;
        }

        string[] parts = mac.Split(':', '-');
        foreach (string part in parts)
        {
            if (part.Length != 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _))
            {
                throw options.BadValue("mac", mac);
            }
        }

        bool isGroupAddress = parts.Length == 6 && (Convert.ToByte(parts[0], 16) & 1) != 0;
        return parts.Length == 6 && !isGroupAddress ? string.Join(':', parts).ToLowerInvariant() : throw options.BadValue("mac", mac);
    }
}
