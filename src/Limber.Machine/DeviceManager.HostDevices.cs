using System.Threading.Tasks;
using Limber.Control;
using Limber.Vfio;

namespace Limber.Machine;

/// <content>Functions of the host, which may want them back.</content>
internal sealed partial class DeviceManager
{
    private readonly HostDevices hostDevices;

    /// <summary>Guest memory is what it will be when vCPUs run again.</summary>
    /// <exception cref="VfioException">The host did not let devices see it.</exception>
    internal void OnMemoryReady() => hostDevices.MapMemory();

    // A wish that came while the device was being plugged in is heard here as well.
    private void HearHost(PluggedDevice device, DeviceParts parts)
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
    private void ReturnToHost(PluggedDevice device) => _ = Task.Run(() =>
    {
        lock (control)
        {
            if (ended || !device.IsAttached || device.Removal is not null)
            {
                return;
            }

            publisher.Publish(new VmEvent.DeviceFailed(device.ToSnapshot(), "device", "the host wants its function back; the guest is asked to release it", false));
            UnplugDevice(device.Path);
        }
    });
}
