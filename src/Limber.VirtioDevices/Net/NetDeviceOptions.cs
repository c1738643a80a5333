using Limber.Device.RateLimits;
using Limber.Net;

namespace Limber.VirtioDevices.Net;

/// <summary>What a network device offers and how fast it is.</summary>
public sealed record NetDeviceOptions
{
    /// <summary>The guest's Ethernet address.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>Descriptors a queue, a power of two.</summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>MTU told to the guest, 68..65535; null to leave it to the guest.</summary>
    public int? Mtu { get; init; }

    /// <summary>Offer checksum offload, both ways.</summary>
    public bool ChecksumOffload { get; init; } = true;

    /// <summary>Offer TCP segmentation offload, both ways; needs <see cref="ChecksumOffload"/>.</summary>
    public bool TcpOffload { get; init; } = true;

    /// <summary>Offer UDP fragmentation offload, both ways; needs <see cref="ChecksumOffload"/>.</summary>
    public bool UdpOffload { get; init; } = true;

    /// <summary>Limits what the guest receives, or null.</summary>
    public RateLimiter? ReceiveLimiter { get; init; }

    /// <summary>Limits what the guest sends, or null.</summary>
    public RateLimiter? SendLimiter { get; init; }
}
