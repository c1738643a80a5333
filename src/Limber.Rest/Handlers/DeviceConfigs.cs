using System;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Handlers;

/// <summary>Turns the bodies of <c>vm.add-*</c> into the machine's configuration records, or says what is wrong with them.</summary>
internal static class DeviceConfigs
{
    private const int MaximumSerial = 20;
    private const int MaximumTag = 36;
    private const int MaximumQueues = 64;
    private const int MaximumQueueSize = 1024;
    private const int MaximumSlot = 31;
    private const int MacLength = 6;
    private const int MinimumMtu = 1280;
    private const int MaximumMtu = 65535;
    private const ulong PmemUnit = 2UL << 20;
    private const uint FirstContextId = 3;

    public static DiskDeviceConfig Disk(DiskBody body)
    {
        if (body.VhostUser == true || body.VhostSocket is not null)
        {
            throw NotBuilt("vhost_user");
        }

        if (body.RateLimitGroup is not null)
        {
            throw NotBuilt("rate_limit_group");
        }

        if (body.Serial is { } serial && Encoding.UTF8.GetByteCount(serial) > MaximumSerial)
        {
            throw Invalid($"serial '{serial}' has more than {MaximumSerial} bytes");
        }

        return Common(body, new DiskDeviceConfig
        {
            Image = new BlockImageConfig
            {
                Path = Required("path", body.Path),
                ReadOnly = body.Readonly ?? false,
                Direct = body.Direct ?? false,
                Discard = body.Sparse ?? true,
                Format = body.ImageType?.ToLowerInvariant() switch
                {
                    null or "unknown" => BlockFormat.Probe,
                    "raw" => BlockFormat.Raw,
                    "qcow2" => BlockFormat.Qcow2,
                    "fixedvhd" or "vhdx" or "flatvmdk" => throw NotBuilt($"image_type {body.ImageType}"),
                    _ => throw Invalid($"image_type {body.ImageType} is none of FixedVhd, FlatVmdk, Qcow2, Raw, Vhdx, Unknown"),
                },
            },
            Serial = body.Serial,
            Queues = Bounded("num_queues", body.NumQueues ?? 1, 1, MaximumQueues),
            QueueSize = QueueSize(body.QueueSize ?? 128),
            RateLimiter = RateLimiter(body.RateLimiterConfig),
        });
    }

    public static NetDeviceConfig Net(NetBody body) => Net(body, []);

    /// <param name="body">What was sent.</param>
    /// <param name="descriptors">Of a tap, one a queue pair, or none: they came beside the request.</param>
    public static NetDeviceConfig Net(NetBody body, ImmutableArray<int> descriptors)
    {
        int queues = Bounded("num_queues", body.NumQueues ?? 2, 2, MaximumQueues);
        if (queues % 2 != 0)
        {
            throw Invalid($"num_queues is {queues}; it counts receive and transmit queues and must be even");
        }

        if (descriptors.Length > 0)
        {
            CheckDescriptors(body, queues, descriptors.Length);
        }

        if ((body.Ip is null) != (body.Mask is null))
        {
            throw Invalid("ip and mask need each other");
        }

        if (body.Fds is not null && descriptors.Length == 0)
        {
            throw Invalid("fds are given, and no descriptor came with the request (SCM_RIGHTS)");
        }

        RequireMac("mac", body.Mac, isUnicast: true);
        RequireMac("host_mac", body.HostMac, isUnicast: false);
        RequireAddress("ip", body.Ip);
        RequireAddress("mask", body.Mask);

        return Common(body, new NetDeviceConfig
        {
            Connection = body.VhostUser == true
                ? new VhostUserNetBackendConfig
                {
                    Name = "",
                    Socket = Required("vhost_socket", body.VhostSocket),
                    Server = IsServer(body.VhostMode),
                    RetryInterval = VhostUserNetBackendConfig.UsualRetryInterval,
                    QueuePairs = queues / 2,
                }
                : new TapBackendConfig
                {
                    Name = "",
                    Interface = body.Tap,
                    Descriptors = descriptors,
                    QueuePairs = queues / 2,
                    IpAddress = body.Ip,
                    Netmask = body.Mask,
                    HostMacAddress = body.HostMac,
                },
            MacAddress = body.Mac,
            QueuePairs = queues / 2,
            QueueSize = QueueSize(body.QueueSize ?? 256),
            Mtu = body.Mtu is { } mtu ? Bounded("mtu", mtu, MinimumMtu, MaximumMtu) : null,
            ChecksumOffload = body.OffloadCsum ?? true,
            TcpOffload = body.OffloadTso ?? true,
            UdpOffload = body.OffloadUfo ?? true,
            RateLimiter = RateLimiter(body.RateLimiterConfig),
        });
    }

    private static bool IsServer(string? mode) => mode?.ToLowerInvariant() switch
    {
        null or "client" => false,
        "server" => true,
        _ => throw Invalid($"vhost_mode '{mode}' is not Client or Server"),
    };

    private static void CheckDescriptors(NetBody body, int queues, int descriptors)
    {
        if (body.Tap is not null || body.VhostUser == true)
        {
            throw Invalid($"{descriptors} descriptors came with the request; with them, tap and vhost_user must be left out");
        }

        if (descriptors * 2 != queues)
        {
            throw Invalid($"num_queues is {queues}, and the {descriptors} descriptors that came with the request make {descriptors * 2} queues");
        }
    }

    public static FsDeviceConfig Fs(FsBody body)
    {
        string tag = Required("tag", body.Tag);
        if (Encoding.UTF8.GetByteCount(tag) > MaximumTag)
        {
            throw Invalid($"tag '{tag}' has more than {MaximumTag} bytes");
        }

        return Common(body, new FsDeviceConfig
        {
            Tag = tag,
            Socket = Required("socket", body.Socket),
            Queues = Bounded("num_queues", body.NumQueues ?? 1, 1, MaximumQueues),
            QueueSize = QueueSize(body.QueueSize ?? 1024),
        });
    }

    public static PmemDeviceConfig Pmem(PmemBody body)
    {
        if (body.Size is { } size && size % PmemUnit != 0)
        {
            throw Invalid($"size {size} is not a multiple of {PmemUnit} bytes");
        }

        return Common(body, new PmemDeviceConfig
        {
            File = Required("file", body.File),
            Size = body.Size,
            DiscardWrites = body.DiscardWrites ?? false,
        });
    }

    public static VsockDeviceConfig Vsock(VsockBody body)
    {
        uint cid = body.Cid ?? throw Invalid("cid is missing");
        return cid is >= FirstContextId and < uint.MaxValue
            ? Common(body, new VsockDeviceConfig { ContextId = cid, Socket = Required("socket", body.Socket) })
            : throw Invalid($"cid {cid} is not from {FirstContextId} to {uint.MaxValue - 1}");
    }

    public static VfioDeviceConfig HostDevice(HostDeviceBody body) => Common(body, new VfioDeviceConfig { Path = Required("path", body.Path) });

    public static ConsoleDeviceConfig GuestAgent(GuestAgentBody body) => Common(body, ConsoleDeviceConfig.ForGuestAgent());

    private static void RequireMac(string name, string? value, bool isUnicast)
    {
        if (value is null)
        {
            return;
        }

        string[] parts = value.Split(':');
        int first = 0;
        bool isAddress = parts.Length == MacLength;
        for (int i = 0; isAddress && i < parts.Length; i++)
        {
            isAddress = parts[i].Length == 2 && byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
            first = i == 0 && isAddress ? Convert.ToByte(parts[0], 16) : first;
        }

        if (!isAddress || (isUnicast && (first & 1) != 0))
        {
            throw Invalid($"{name} '{value}' is not the Ethernet address of one station");
        }
    }

    private static void RequireAddress(string name, string? value)
    {
        if (value is not null && !IPAddress.TryParse(value, out _))
        {
            throw Invalid($"{name} '{value}' is not an IP address");
        }
    }

    private static T Common<T>(DeviceBody body, T config)
        where T : DeviceConfig
    {
        if (body.Iommu == true)
        {
            throw NotBuilt("iommu");
        }

        if (body.PciSegment is > 0)
        {
            throw NotBuilt($"pci_segment {body.PciSegment}");
        }

        if (body.Id is { } id && (id.Length == 0 || id.StartsWith("__", StringComparison.Ordinal)))
        {
            throw Invalid($"id '{id}' is empty or begins with __, which is reserved");
        }

        return config with { Id = body.Id, Slot = body.PciDeviceId is { } slot ? Bounded("pci_device_id", slot, 1, MaximumSlot) : null };
    }

    private static RateLimiterConfig? RateLimiter(RateLimiterBody? body) =>
        body is null ? null : new RateLimiterConfig(Bucket("bandwidth", body.Bandwidth), Bucket("ops", body.Ops));

    private static TokenBucketConfig? Bucket(string name, TokenBucketBody? body) => body switch
    {
        null => null,
        { Size: > 0, RefillTime: > 0 } => new TokenBucketConfig(body.Size, body.OneTimeBurst ?? 0, body.RefillTime),
        _ => throw Invalid($"size and refill_time of {name} must be above 0"),
    };

    private static int QueueSize(int size) =>
        size is >= 2 and <= MaximumQueueSize && BitOperations.IsPow2(size)
            ? size
            : throw Invalid($"queue_size {size} is not a power of two from 2 to {MaximumQueueSize}");

    private static int Bounded(string name, int value, int least, int most) =>
        value >= least && value <= most ? value : throw Invalid($"{name} {value} is not from {least} to {most}");

    private static string Required(string name, string? value) =>
        string.IsNullOrEmpty(value) ? throw Invalid($"{name} is missing") : value;

    private static RestException Invalid(string what) => RestException.Refused(400, what);

    private static RestException NotBuilt(string what) => RestException.Refused(500, what + " is not built yet");
}
