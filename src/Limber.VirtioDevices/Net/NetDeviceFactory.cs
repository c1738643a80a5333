using System;
using Limber.Interop;
using Limber.Net;
using Limber.Virtio;
using Limber.VirtioDevices.Vhost;

namespace Limber.VirtioDevices.Net;

/// <summary>Makes a network device of a tap, with vhost-net where that is wished and possible.</summary>
public static class NetDeviceFactory
{
    /// <summary>Creates the device.</summary>
    /// <param name="context">Surroundings.</param>
    /// <param name="tap">Owned from here on, also when this throws.</param>
    /// <param name="options">What the device offers.</param>
    /// <param name="vhost">True for vhost-net or nothing, false for none, null for vhost-net when the host has it and it can do what the options ask.</param>
    /// <returns>A <see cref="NetDevice"/> or a <see cref="VhostNetDevice"/>; both are an <see cref="INetCard"/>.</returns>
    /// <exception cref="HostException">vhost-net is a must and not there.</exception>
    /// <exception cref="ArgumentException">An option is out of bounds, or needs what vhost-net can't do.</exception>
    public static VirtioDevice Create(VirtioDeviceContext context, TapInterface tap, NetDeviceOptions options, bool? vhost)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(tap);
        ArgumentNullException.ThrowIfNull(options);
        INetBackend? backend = null;
        try
        {
            backend = new TapNetBackend(tap);
            bool packed = (context.RingFeatures & VirtioFeatures.RingPacked) != 0;
            bool limited = options.ReceiveLimiter is not null || options.SendLimiter is not null;
            if (vhost == true && limited)
            {
                throw new ArgumentException($"{context.Id} can't have both vhost-net and a rate limit");
            }

            return (vhost, limited || packed) switch
            {
                (true, _) => CreateWithVhost(context, backend, options),
                (null, false) => TryCreateWithVhost(context, backend, options) ?? (VirtioDevice)new NetDevice(context, backend, options),
                _ => new NetDevice(context, backend, options),
            };
        }
        catch
        {
            backend?.Dispose();
            tap.Dispose();
            throw;
        }
    }

    private static VhostNetDevice? TryCreateWithVhost(VirtioDeviceContext context, INetBackend backend, NetDeviceOptions options)
    {
        try
        {
            return KernelNetRings.IsAvailable ? CreateWithVhost(context, backend, options) : null;
        }
        catch (HostException e) when (!e.IsOutOfDescriptors)
        {
            // It is there, but not for this process or not for memory like this.
            return null;
        }
    }

    private static VhostNetDevice CreateWithVhost(VirtioDeviceContext context, INetBackend backend, NetDeviceOptions options)
    {
        KernelNetRings rings = KernelNetRings.Open(backend);
        try
        {
            return new VhostNetDevice(context, rings, backend, options);
        }
        catch
        {
            rings.Dispose();
            throw;
        }
    }
}
