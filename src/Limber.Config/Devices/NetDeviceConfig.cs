using Limber.Config.Backends;

namespace Limber.Config.Devices;

/// <summary>A virtio network card. At most one of <see cref="Connection"/> and <see cref="Backend"/> is set; with none the link is down.</summary>
public sealed record NetDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "virtio-net-pci";

    /// <summary>The host side, opened with the device and closed with it.</summary>
    public NetBackendConfig? Connection { get; init; }

    /// <summary>Name of a network backend that exists already.</summary>
    public string? Backend { get; init; }

    /// <summary>Six bytes as <c>52:54:00:12:34:56</c>; null lets the machine choose.</summary>
    public string? MacAddress { get; init; }

    /// <summary>Pairs of a receive and a transmit queue, 1..32; null for as many as the backend has.</summary>
    public int? QueuePairs { get; init; }

    /// <summary>Descriptors a queue, a power of two, 2..1024.</summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>MTU told to the guest, 1280..65535; null to leave it to the guest.</summary>
    public int? Mtu { get; init; }

    /// <summary>Offer checksum offload.</summary>
    public bool ChecksumOffload { get; init; } = true;

    /// <summary>Offer TCP segmentation offload.</summary>
    public bool TcpOffload { get; init; } = true;

    /// <summary>Offer UDP fragmentation offload.</summary>
    public bool UdpOffload { get; init; } = true;

    /// <summary>Limits of bytes and packets a second, or null.</summary>
    public RateLimiterConfig? RateLimiter { get; init; }
}
