using System;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor.Devices;

/// <summary><c>--net tap=NAME,ip=,mask=,mac=,...</c>.</summary>
internal static class NetOption
{
    private const int MaximumQueues = 64;
    private const int MaximumQueueSize = 1024;
    private const ulong MinimumMtu = 1280;
    private const ulong MaximumMtu = 65535;

    private static readonly string[] Keys =
    [
        "tap", "ip", "mask", "mac", "host_mac", "mtu", "fd", "num_queues", "queue_size", "vhost_user", "socket", "vhost_mode",
        "offload_tso", "offload_ufo", "offload_csum",
    ];

    public static NetDeviceConfig Resolve(string value)
    {
        string option = $"--net {value}";
        OptionParser parser = DeviceKeys.Parse(option, value, Keys, rateLimited: true);
        int queues = parser.Count("num_queues", MaximumQueues) ?? 2;
        if (queues % 2 != 0)
        {
            throw new CommandLineException($"{option}: num_queues={queues} is not even; it counts receive and transmit queues");
        }

        int pairs = queues / 2;
        int? mtu = (int?)parser.Number("mtu", MinimumMtu, MaximumMtu);
        return new NetDeviceConfig
        {
            Id = parser.Text("id"),
            Slot = DeviceKeys.Slot(parser),
            Connection = parser.Toggle("vhost_user") == true ? VhostUser(option, parser, pairs) : Tap(option, parser, pairs),
            MacAddress = parser.Text("mac"),
            QueuePairs = pairs,
            QueueSize = QueueSizes.Check(option, parser.Count("queue_size", MaximumQueueSize) ?? 256),
            Mtu = mtu,
            ChecksumOffload = parser.Toggle("offload_csum") ?? true,
            TcpOffload = parser.Toggle("offload_tso") ?? true,
            UdpOffload = parser.Toggle("offload_ufo") ?? true,
            RateLimiter = DeviceKeys.RateLimiter(option, parser),
        };
    }

    private static VhostUserNetBackendConfig VhostUser(string option, OptionParser parser, int pairs) => new()
    {
        Name = "",
        Socket = DeviceKeys.Required(option, parser, "socket"),
        Server = parser.Text("vhost_mode")?.ToLowerInvariant() switch
        {
            null or "client" => false,
            "server" => true,
            string mode => throw new CommandLineException($"{option}: vhost_mode={mode} is not client or server"),
        },
        RetryInterval = VhostUserNetBackendConfig.UsualRetryInterval,
        QueuePairs = pairs,
    };

    private static TapBackendConfig Tap(string option, OptionParser parser, int pairs)
    {
        if ((parser.Text("ip") is null) != (parser.Text("mask") is null))
        {
            throw new CommandLineException($"{option}: ip and mask need each other");
        }

        ImmutableArray<int> descriptors = Descriptors(option, parser.Text("fd"));
        if (!descriptors.IsEmpty && descriptors.Length != pairs)
        {
            throw new CommandLineException($"{option}: {descriptors.Length} descriptors do not make {pairs} queue pairs");
        }

        return new TapBackendConfig
        {
            Name = "",
            Interface = parser.Text("tap"),
            Descriptors = descriptors,
            QueuePairs = pairs,
            IpAddress = parser.Text("ip"),
            Netmask = parser.Text("mask"),
            HostMacAddress = parser.Text("host_mac"),
        };
    }

    // A list in brackets, or one number.
    private static ImmutableArray<int> Descriptors(string option, string? text)
    {
        if (text is null)
        {
            return [];
        }

        return
        [
            .. text.Trim('[', ']').Split(',').Select(item =>
                int.TryParse(item, NumberStyles.None, CultureInfo.InvariantCulture, out int fd) && fd > 2
                    ? fd
                    : throw new CommandLineException($"{option}: fd={text} is not a list of descriptors above 2")),
        ];
    }
}
