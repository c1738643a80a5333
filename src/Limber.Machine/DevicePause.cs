using System;
using System.Threading;
using System.Threading.Tasks;
using Limber.Virtio;

namespace Limber.Machine;

/// <summary>
/// A machine that does not run takes nothing from its devices' rings: what the guest had asked for is in flight, and ends, or waits
/// in the ring for the machine to go on.
/// </summary>
/// <remarks>Guarded by the machine's control lock: every method is called with it held.</remarks>
/// <param name="devices">The devices.</param>
internal sealed class DevicePause(DeviceTable devices)
{
    /// <summary>Tells all devices to pause, those that come later too; those that are paused stay so. All vCPUs are parked.</summary>
    /// <returns>
    /// Ends when nothing is in flight any more and disks have been written to the host's, which is as late as the host's storage likes; the devices take nothing new from
    /// their loops' next turn on. Not to be waited for with the control lock held.
    /// </returns>
    /// <remarks>Functions of the host (VFIO) go on: the kernel has no way to stop one that every device knows.</remarks>
    public Task Pause()
    {
        if (devices.IsPaused)
        {
            return Task.CompletedTask;
        }

        devices.IsPaused = true;
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // One more than there are devices: the last count is this method's own, so it also works with none.
        int left = 1;
        void CountDown()
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                drained.SetResult();
            }
        }

        foreach (PluggedDevice device in devices.Attached)
        {
            if (device.Parts?.Device is { } virtio)
            {
                Interlocked.Increment(ref left);
                if (!virtio.RequestPause(() => Flush(virtio, CountDown)))
                {
                    CountDown();
                }
            }
        }

        CountDown();
        return drained.Task;
    }

    // As QEMU does it, so that what reads the images of a stopped machine finds everything, after a crash of the host, too.
    private static void Flush(VirtioDevice device, Action done)
    {
        if (device is not VirtioBlock.VirtioBlock disk || !disk.RequestFlush(done))
        {
            done();
        }
    }

    /// <summary>All devices go on; no effect unless they are paused.</summary>
    public void Resume()
    {
        if (!devices.IsPaused)
        {
            return;
        }

        devices.IsPaused = false;
        foreach (PluggedDevice device in devices.Attached)
        {
            device.Parts?.Device?.Resume();
        }
    }
}
