using Limber.Control;
using Limber.Vfio;

namespace Limber.Machine;

/// <summary>
/// What devices, and the host behind them, say on threads of their own: failures, ports that the guest opened, functions that
/// the host wants back. Each becomes an event, unless the machine or the device has ended meanwhile.
/// </summary>
/// <remarks>Thread: any; takes the control lock, but never on the thread of a device's loop or of VFIO.</remarks>
/// <param name="devices">The devices.</param>
/// <param name="ports">The ports of console devices.</param>
/// <param name="plugged">Takes those away that the host wants back.</param>
/// <param name="publisher">Takes the events.</param>
internal sealed class DeviceNotices(DeviceTable devices, PortHotplug ports, PciDeviceSet plugged, EventPublisher publisher)
{
    /// <summary>The guest has opened or closed the port with an id. On a thread that may wait for the control lock.</summary>
    public void OnPortChanged(string id, bool open)
    {
        lock (devices.Control)
        {
            if (!devices.HasEnded && ports.IsTaken(id))
            {
                publisher.Publish(new VmEvent.PortChanged(id, open));
            }
        }
    }

    /// <summary>A device, or the back end of one, has failed. Under no lock of a device: the loop that reports goes on at once.</summary>
    /// <param name="device">Which.</param>
    /// <param name="operation">What failed.</param>
    /// <param name="reason">Why, in words.</param>
    /// <param name="noSpace">The host is out of space.</param>
    public void OnFailed(PluggedDevice device, string operation, string reason, bool noSpace) => PoolWork.Run(() =>
    {
        lock (devices.Control)
        {
            if (!devices.HasEnded && device.IsAttached)
            {
                publisher.Publish(new VmEvent.DeviceFailed(device.ToSnapshot(), operation, reason, noSpace));
            }
        }
    });

    /// <summary>Listens for the host's wish to have a function back; one that came while the device was being plugged in is heard as well.</summary>
    public void HearHost(PluggedDevice device, DeviceParts parts)
    {
        if (parts.Function is VfioPciFunction function)
        {
            function.RemovalRequested += _ => ReturnToHost(device);
            if (function.IsRemovalRequested)
            {
                ReturnToHost(device);
            }
        }
    }

    // What somebody who types device_del would do; the guest decides. Not on the thread that reports.
    private void ReturnToHost(PluggedDevice device) => PoolWork.Run(() =>
    {
        lock (devices.Control)
        {
            if (devices.HasEnded || !device.IsAttached || device.Removal is not null)
            {
                return;
            }

            publisher.Publish(new VmEvent.DeviceFailed(device.ToSnapshot(), "device", "the host wants its function back; the guest is asked to release it", false));
            plugged.Unplug(device.Path);
        }
    });
}
