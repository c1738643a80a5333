using System;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>
/// The plug of a device, whole or not at all. What it needs of the host is opened without the control lock, as that may wait:
/// <code>
///   reserve id, place      (control lock)
///   open, make             (no lock)
///   publish, announce      (control lock)
/// </code>
/// </summary>
/// <remarks>Thread: any, without the control lock.</remarks>
/// <param name="devices">The devices.</param>
/// <param name="ids">Their names.</param>
/// <param name="places">Their places.</param>
/// <param name="plugged">Shows them to the guest.</param>
/// <param name="factory">Makes them.</param>
/// <param name="notices">Hears what they say.</param>
internal sealed class DevicePlugging(
    DeviceTable devices, DeviceIds ids, PciPlaces places, PciDeviceSet plugged, DeviceFactory factory, DeviceNotices notices)
{
    /// <inheritdoc cref="IDeviceManager.PlugDevice"/>
    public DevicePlug Plug(DeviceConfig config)
    {
        PluggedDevice device;
        lock (devices.Control)
        {
            device = Reserve(config);
        }

        DeviceParts? parts = null;
        try
        {
            parts = factory.Create(config, device.Path, (operation, reason, noSpace) => notices.OnFailed(device, operation, reason, noSpace));
            DevicePlug plug;
            lock (devices.Control)
            {
                devices.RequireAlive();
                if (parts.Board is { } board)
                {
                    device.Config = board.Number((ConsoleDeviceConfig)config);
                }

                plug = plugged.Attach(device, parts);
                notices.HearHost(device, parts);
            }

            TapDescriptors.Take(config);
            return plug;
        }
        catch (Exception e)
        {
            // Id and place are free when nothing holds what the next plug may need.
            parts?.Dispose();
            lock (devices.Control)
            {
                devices.Remove(device);
            }

            throw e is Interop.HostException or PciResourceException ? new VmException(VmErrorCode.HostFailure, HostShortage.Describe(e, config.Id ?? config.Driver), e) : e;
        }
    }

    private PluggedDevice Reserve(DeviceConfig config)
    {
        devices.RequireAlive();
        if (config is RootPortConfig)
        {
            throw new VmException(VmErrorCode.HotplugNotSupported, "root ports can only be there from the start");
        }

        ids.RequireFree(config.Id);
        if (config is BalloonDeviceConfig && devices.Exists(d => d.Config is BalloonDeviceConfig))
        {
            throw new VmException(VmErrorCode.InvalidDevice, "Only one balloon device is supported");
        }

        if (config is ConsoleDeviceConfig console)
        {
            ids.RequireFree(console.Ports);
        }

        PluggedDevice device = places.Find(config);
        device.Path = ids.CreatePath(config.Id);
        devices.Add(device);
        return device;
    }
}
