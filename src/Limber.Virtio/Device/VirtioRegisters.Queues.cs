using System.Numerics;
using Limber.Interop;

namespace Limber.Virtio;

/// <content>The registers of each queue.</content>
public sealed partial class VirtioRegisters
{
    /// <summary>Number of queues.</summary>
    public int QueueCount => queues.Length;

    /// <summary>What a notification for the queue signals; the same for the life of the device.</summary>
    public HostEvent GetDoorbell(int queue) => doorbells[queue];

    /// <summary>Reads a register of a queue; 0 for a queue that is not there.</summary>
    public ulong ReadQueue(int queue, QueueRegister register)
    {
        if ((uint)queue >= (uint)queues.Length)
        {
            return 0;
        }

        lock (gate)
        {
            QueueRegisters registers = queues[queue];
            return register switch
            {
                QueueRegister.Size => (ulong)registers.Size,
                QueueRegister.Enable => registers.IsEnabled ? 1UL : 0,
                QueueRegister.Descriptors => registers.Descriptors,
                QueueRegister.Driver => registers.Driver,
                QueueRegister.Device => registers.Device,
                QueueRegister.Reset => registers.IsResetting ? 1UL : 0,
                _ => 0,
            };
        }
    }

    /// <summary>Writes a register of a queue; ignored for a queue that is not there or that is in use.</summary>
    public void WriteQueue(int queue, QueueRegister register, ulong value)
    {
        if ((uint)queue >= (uint)queues.Length)
        {
            return;
        }

        lock (gate)
        {
            QueueRegisters registers = queues[queue];
            if (register == QueueRegister.Reset)
            {
                ResetQueue(queue, registers, value);
                return;
            }

            if (quiescing || registers.IsEnabled || registers.IsResetting)
            {
                device.CountOddity("register of an enabled queue written");
                return;
            }

            Store(queue, registers, register, value);
        }
    }

    /// <summary>The lifecycle says: nothing touches the queue any more.</summary>
    internal void CompleteQueueReset(int queue)
    {
        lock (gate)
        {
            if (!quiescing)
            {
                queues[queue].Clear();
            }
        }
    }

    internal void DisposeDoorbells()
    {
        foreach (HostEvent? doorbell in doorbells)
        {
            doorbell?.Dispose();
        }
    }

    private VirtqueueSettings?[] TakeSettings()
    {
        var settings = new VirtqueueSettings?[queues.Length];
        for (int i = 0; i < queues.Length; i++)
        {
            settings[i] = queues[i].IsEnabled ? queues[i].Settings : null;
        }

        return settings;
    }

    private void ResetQueue(int index, QueueRegisters queue, ulong value)
    {
        if (value != 1 || (driverFeatures & VirtioFeatures.RingReset) == 0 || !live || quiescing)
        {
            device.CountOddity("queue reset that the driver may not ask for");
            return;
        }

        if (queue.IsResetting || !queue.IsEnabled)
        {
            return;
        }

        queue.IsResetting = true;
        lifecycle.RequestQueueReset(index);
    }

    private void Store(int index, QueueRegisters queue, QueueRegister register, ulong value)
    {
        switch (register)
        {
            case QueueRegister.Size:
                StoreSize(queue, value);
                break;
            case QueueRegister.Descriptors:
                queue.Descriptors = value;
                break;
            case QueueRegister.Driver:
                queue.Driver = value;
                break;
            case QueueRegister.Device:
                queue.Device = value;
                break;
            case QueueRegister.Enable when value == 1:
                Enable(index, queue);
                break;
            default:
                device.CountOddity("queue enable written with something other than 1");
                break;
        }
    }

    private void StoreSize(QueueRegisters queue, ulong value)
    {
        // Spec: VIRTIO 1.2 2.7: a split ring's size is a power of two; a packed one's is any number.
        bool packed = (driverFeatures & VirtioFeatures.RingPacked) != 0;
        if (value == 0 || value > (ulong)queue.MaximumSize || (!packed && !BitOperations.IsPow2(value)))
        {
            device.CountOddity("queue size that is not possible");
            return;
        }

        queue.Size = (int)value;
    }

    private void Enable(int index, QueueRegisters queue)
    {
        if (live && (driverFeatures & VirtioFeatures.RingReset) == 0)
        {
            device.CountOddity("queue enabled after DRIVER_OK");
            return;
        }

        queue.IsEnabled = true;
        if (live)
        {
            lifecycle.RequestEnable(index, queue.Settings);
        }
    }
}
