using Limber.Net;

namespace Limber.VirtioDevices.Net;

/// <summary>Feature bits of a network device as masks (VIRTIO 1.2, 5.1.3).</summary>
public static class NetFeatures
{
    public const ulong Checksum = 1UL << 0;
    public const ulong GuestChecksum = 1UL << 1;
    public const ulong ControlGuestOffloads = 1UL << 2;
    public const ulong Mtu = 1UL << 3;
    public const ulong Mac = 1UL << 5;
    public const ulong GuestTso4 = 1UL << 7;
    public const ulong GuestTso6 = 1UL << 8;
    public const ulong GuestEcn = 1UL << 9;
    public const ulong GuestUfo = 1UL << 10;
    public const ulong HostTso4 = 1UL << 11;
    public const ulong HostTso6 = 1UL << 12;
    public const ulong HostEcn = 1UL << 13;
    public const ulong HostUfo = 1UL << 14;
    public const ulong MergeableReceiveBuffers = 1UL << 15;
    public const ulong Status = 1UL << 16;
    public const ulong ControlQueue = 1UL << 17;
    public const ulong ControlReceive = 1UL << 18;
    public const ulong ControlReceiveExtra = 1UL << 20;
    public const ulong MultiQueue = 1UL << 22;
    public const ulong ControlMac = 1UL << 23;

    /// <summary>With any of these a frame that arrives may be larger than the MTU.</summary>
    public const ulong GuestLargeFrames = GuestTso4 | GuestTso6 | GuestUfo;

    /// <summary>What VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET can switch.</summary>
    public const ulong GuestOffloads = GuestChecksum | GuestTso4 | GuestTso6 | GuestEcn | GuestUfo;

    // Each behind those that its own needs need.
    private static readonly (ulong Feature, ulong Needs)[] Requirements =
    [
        (GuestTso4, GuestChecksum), (GuestTso6, GuestChecksum), (GuestUfo, GuestChecksum),
        (GuestEcn, GuestTso4 | GuestTso6),
        (HostTso4, Checksum), (HostTso6, Checksum), (HostUfo, Checksum),
        (HostEcn, HostTso4 | HostTso6),
        (ControlReceive, ControlQueue), (ControlReceiveExtra, ControlQueue), (MultiQueue, ControlQueue),
        (ControlMac, ControlQueue), (ControlGuestOffloads, ControlQueue),
    ];

    /// <summary>Whether each feature has one of those it needs (5.1.3.1).</summary>
    public static bool AreConsistent(ulong features)
    {
        foreach ((ulong feature, ulong needs) in Requirements)
        {
            if ((features & feature) != 0 && (features & needs) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Those that have one of the features they need: what a device may offer of what its back end has. DPDK's vhost without
    /// segmentation offload, for one, still has VIRTIO_NET_F_HOST_ECN.
    /// </summary>
    public static ulong KeepConsistent(ulong features)
    {
        foreach ((ulong feature, ulong needs) in Requirements)
        {
            features = (features & needs) == 0 ? features & ~feature : features;
        }

        return features;
    }

    /// <summary>What the host may leave to the guest with these features.</summary>
    public static TapOffloads ToOffloads(ulong features) =>
        Pick(features, GuestChecksum, TapOffloads.Checksum)
        | Pick(features, GuestTso4, TapOffloads.Tcp4)
        | Pick(features, GuestTso6, TapOffloads.Tcp6)
        | Pick(features, GuestEcn, TapOffloads.TcpEcn)
        | Pick(features, GuestUfo, TapOffloads.Udp);

    private static TapOffloads Pick(ulong features, ulong feature, TapOffloads offload) =>
        (features & feature) != 0 ? offload : TapOffloads.None;
}
