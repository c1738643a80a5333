using System;
using System.Net;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Interop;
using Limber.Net;
using Limber.Virtio;
using Limber.VirtioDevices.Net;
using Limber.VirtioDevices.Vhost;

namespace Limber.Machine;

/// <summary>Makes network cards from their configuration.</summary>
internal static class NetDevices
{
    private static readonly TimeSpan BackendPatience = TimeSpan.FromSeconds(5);

    // A back end that is started by hand after the card, or tries again after a while.
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(30);

    /// <summary>Opens the connection and makes the card.</summary>
    /// <param name="context">Surroundings.</param>
    /// <param name="config">What it is.</param>
    /// <param name="connection">Its host side; null for a card without a cable.</param>
    /// <param name="backend">Where <paramref name="connection"/> is of, if it has a name.</param>
    /// <param name="index">Number of the card, for its default address.</param>
    /// <exception cref="VmException">A value is out of bounds.</exception>
    public static VirtioDevice Create(
        VirtioDeviceContext context, NetDeviceConfig config, NetBackendConfig? connection, NetBackend? backend, int index)
    {
        MacAddress mac = MacAddress.Default(index);
        if (config.MacAddress is { } text && (!MacAddress.TryParse(text, out mac) || !mac.IsUnicast))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"'{text}' is not the Ethernet address of one station");
        }

        var options = new NetDeviceOptions
        {
            Mac = mac,
            QueueSize = config.QueueSize,
            Mtu = config.Mtu,
            ChecksumOffload = config.ChecksumOffload,
            TcpOffload = config.TcpOffload && config.ChecksumOffload,
            UdpOffload = config.UdpOffload && config.ChecksumOffload,
            ReceiveLimiter = RateLimits.Create(config.RateLimiter),
            SendLimiter = RateLimits.Create(config.RateLimiter),
        };
        return connection switch
        {
            null => new NetDevice(context, null, options),
            TapBackendConfig tap => NetDeviceFactory.Create(context, backend?.ShareTap() ?? OpenTap(tap, config.Mtu), options, tap.Vhost),
            VhostUserNetBackendConfig vhost => CreateVhostUser(context, vhost, options),
            _ => throw new VmException(VmErrorCode.InvalidDevice, $"a network backend of this kind is not built yet"),
        };
    }

    private static VhostNetDevice CreateVhostUser(VirtioDeviceContext context, VhostUserNetBackendConfig config, NetDeviceOptions options)
    {
        // Before anybody is waited for.
        VhostUserRings.RequireShared(context.Memory.Current, config.Socket);
        VhostUserRings rings = VhostUserRings.Connect(
            new VhostUserEndpoint(config.Socket, config.Server), ConnectPatience, BackendPatience, config.RetryInterval);
        try
        {
            return new VhostNetDevice(context, rings, options, config.QueuePairs);
        }
        catch
        {
            rings.Dispose();
            throw;
        }
    }

    /// <summary>Opens a tap, or takes its descriptors.</summary>
    /// <param name="config">Which.</param>
    /// <param name="mtu">Given to the interface, or null.</param>
    /// <exception cref="HostException">The host refused.</exception>
    /// <exception cref="VmException">A value is out of bounds.</exception>
    public static TapInterface OpenTap(TapBackendConfig config, int? mtu)
    {
        if (!config.Descriptors.IsEmpty)
        {
            return TapInterface.FromDescriptors(config.Descriptors);
        }

        MacAddress hostMac = default;
        if (config.HostMacAddress is { } text && !MacAddress.TryParse(text, out hostMac))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"'{text}' is not an Ethernet address");
        }

        return TapInterface.Open(new TapOptions
        {
            Name = config.Interface ?? new TapOptions().Name,
            Queues = config.QueuePairs,
            Address = Parse(config.IpAddress),
            Netmask = Parse(config.Netmask),
            HostMac = config.HostMacAddress is null ? null : hostMac,
            Mtu = mtu,
        });
    }

    private static IPAddress? Parse(string? text) => text is null ? null : IPAddress.TryParse(text, out IPAddress? address)
        ? address
        : throw new VmException(VmErrorCode.InvalidDevice, $"'{text}' is not an IP address");
}
