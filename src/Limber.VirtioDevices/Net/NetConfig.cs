using System;
using Limber.Net;
using Limber.Virtio;

namespace Limber.VirtioDevices.Net;

/// <summary>
/// The configuration space of a network device (VIRTIO 1.2, 5.1.4) and the features that options and back end make up.
/// <code>
///   0 mac[6]   6 le16 status   8 le16 max_virtqueue_pairs   10 le16 mtu
/// </code>
/// </summary>
internal static class NetConfig
{
    public const int MacOffset = 0;
    public const int StatusOffset = 6;
    public const int PairsOffset = 8;
    public const int MtuOffset = 10;
    public const int Length = 12;
    public const ushort LinkUp = 1;

    public static VirtioConfigSpace Create(NetDeviceOptions options, int pairs, bool linkUp)
    {
        var config = new VirtioConfigSpace(Length);
        Span<byte> mac = stackalloc byte[6];
        options.Mac.CopyTo(mac);
        config.Write(MacOffset, mac);
        config.WriteUInt16(StatusOffset, linkUp ? LinkUp : (ushort)0);
        config.WriteUInt16(PairsOffset, (ushort)pairs);
        config.WriteUInt16(MtuOffset, (ushort)(options.Mtu ?? 0));
        return config;
    }

    public static ulong Features(NetDeviceOptions options, int pairs, TapOffloads supported)
    {
        ulong features = NetFeatures.Mac | NetFeatures.Status | NetFeatures.MergeableReceiveBuffers | NetFeatures.ControlQueue
            | NetFeatures.ControlReceive | NetFeatures.ControlReceiveExtra | NetFeatures.ControlMac;
        features |= options.Mtu is null ? 0 : NetFeatures.Mtu;
        features |= pairs > 1 ? NetFeatures.MultiQueue : 0;
        if (!options.ChecksumOffload || (supported & TapOffloads.Checksum) == 0)
        {
            return features;
        }

        // What the host can prepare for the guest, it can also take from it.
        features |= NetFeatures.Checksum | NetFeatures.GuestChecksum | NetFeatures.ControlGuestOffloads;
        if (options.TcpOffload)
        {
            features |= Both(supported, TapOffloads.Tcp4, NetFeatures.GuestTso4 | NetFeatures.HostTso4)
                | Both(supported, TapOffloads.Tcp6, NetFeatures.GuestTso6 | NetFeatures.HostTso6)
                | Both(supported, TapOffloads.TcpEcn, NetFeatures.GuestEcn | NetFeatures.HostEcn);
        }

        return options.UdpOffload ? features | Both(supported, TapOffloads.Udp, NetFeatures.GuestUfo | NetFeatures.HostUfo) : features;
    }

    /// <exception cref="ArgumentException">A value is out of bounds.</exception>
    public static void Check(string id, NetDeviceOptions options)
    {
        if (options.Mtu is < 68 or > 65535)
        {
            throw new ArgumentException($"the MTU {options.Mtu} of {id} is not in 68..65535");
        }

        if (!options.Mac.IsUnicast)
        {
            throw new ArgumentException($"the address {options.Mac} of {id} is not that of one station");
        }
    }

    private static ulong Both(TapOffloads supported, TapOffloads offload, ulong features) =>
        (supported & offload) != 0 ? features : 0;
}
