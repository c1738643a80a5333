using System;
using System.Numerics;
using System.Threading;
using Limber.Interop;

namespace Limber.Virtio;

/// <summary>
/// A device as its transport's registers show it: negotiation, queues, status (VIRTIO 1.2, 2.1, 2.2, 3.1, 4.1.4.3).
/// <code>
///                 DRIVER_OK                     write 0                            no thread touches guest memory
///   idle (reset) -----------> live ------------------------------> quiescing ----------------------------------> idle
///   status 0..               status has DRIVER_OK                  status stays as it was; writes are ignored     status 0
/// </code>
/// </summary>
/// <remarks>
/// Guest-controlled: all values, in any order. Nothing throws, and no call waits: what takes time happens on the device's loops
/// while a register still shows the old value, as the specification has drivers expect (2.4.2).
/// Thread: any. Lock order: <see cref="gate"/>, then the loops' post lock.
/// </remarks>
public sealed class VirtioRegisters
{
    private const VirtioStatus DriverBits = VirtioStatus.Acknowledge | VirtioStatus.Driver | VirtioStatus.DriverOk
        | VirtioStatus.FeaturesOk | VirtioStatus.Failed;

    private readonly Lock gate = new();
    private readonly ManualResetEventSlim idle = new(initialState: true);
    private readonly VirtioDevice device;
    private readonly VirtioLifecycle lifecycle;
    private readonly QueueRegisters[] queues;
    private readonly HostEvent[] doorbells;
    private ulong driverFeatures;
    private VirtioStatus status;
    private bool live;
    private bool quiescing;

    internal VirtioRegisters(VirtioDevice device, VirtioLifecycle lifecycle, ulong offered, ReadOnlySpan<int> queueSizes)
    {
        this.device = device;
        this.lifecycle = lifecycle;
        DeviceFeatures = offered;
        queues = new QueueRegisters[queueSizes.Length];
        doorbells = new HostEvent[queueSizes.Length];
        for (int i = 0; i < queues.Length; i++)
        {
            queues[i] = new QueueRegisters(queueSizes[i]);
            doorbells[i] = new HostEvent();
        }
    }

    /// <summary>What is offered.</summary>
    public ulong DeviceFeatures { get; }

    /// <summary>What the driver accepts; fixed once FEATURES_OK is set.</summary>
    public ulong DriverFeatures
    {
        get
        {
            lock (gate)
            {
                return driverFeatures;
            }
        }

        set
        {
            lock (gate)
            {
                if ((status & VirtioStatus.FeaturesOk) != 0 || quiescing)
                {
                    device.CountOddity("features written after FEATURES_OK");
                    return;
                }

                driverFeatures = value;
            }
        }
    }

    /// <summary>The status register. While a reset is under way it keeps its old value.</summary>
    public VirtioStatus Status
    {
        get
        {
            lock (gate)
            {
                return status;
            }
        }
    }

    /// <summary>Number of queues.</summary>
    public int QueueCount => queues.Length;

    /// <summary>See <see cref="VirtioConfigSpace.Generation"/>.</summary>
    public byte ConfigGeneration => device.Config.Generation;

    /// <summary>Bytes of device-specific configuration.</summary>
    public int ConfigLength => device.Config.Length;

    /// <summary>Lets the transport clear its own registers on reset; called under the lock, so it calls nobody.</summary>
    internal Action? Cleared { get; set; }

    /// <summary>What a notification for the queue signals; the same for the life of the device.</summary>
    public HostEvent GetDoorbell(int queue) => doorbells[queue];

    /// <summary>Reads device-specific configuration; false when the range is not inside.</summary>
    public bool TryReadConfig(ulong offset, Span<byte> data) => device.TryReadConfig(offset, data);

    /// <summary>Writes device-specific configuration; false when the range is not inside.</summary>
    public bool TryWriteConfig(ulong offset, ReadOnlySpan<byte> data) => device.TryWriteConfig(offset, data);

    /// <summary>The driver writes the status register; 0 begins a reset.</summary>
    public void WriteStatus(byte value)
    {
        lock (gate)
        {
            if (quiescing)
            {
                return;
            }

            if (value == 0)
            {
                BeginReset();
                return;
            }

            WriteStatus((VirtioStatus)value & DriverBits);
        }
    }

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

    /// <summary>Returns to the power-on state and waits for it. Thread: never a vCPU's or a loop's.</summary>
    internal void Reset()
    {
        RequestReset();
        idle.Wait();
    }

    /// <summary>As a driver's write of 0 to the status register.</summary>
    internal void RequestReset()
    {
        lock (gate)
        {
            if (!quiescing)
            {
                BeginReset();
            }
        }
    }

    /// <summary>Sets DEVICE_NEEDS_RESET; true when the driver must be told (VIRTIO 1.2, 2.1.2).</summary>
    internal bool SetNeedsReset()
    {
        lock (gate)
        {
            if (!live || quiescing || (status & VirtioStatus.DeviceNeedsReset) != 0)
            {
                return false;
            }

            status |= VirtioStatus.DeviceNeedsReset;
            return (status & VirtioStatus.DriverOk) != 0;
        }
    }

    /// <summary>The lifecycle says: nothing of the device runs any more.</summary>
    internal void CompleteReset()
    {
        lock (gate)
        {
            ClearAll();
            quiescing = false;
            live = false;
            idle.Set();
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
        foreach (HostEvent doorbell in doorbells)
        {
            doorbell.Dispose();
        }
    }

    private void WriteStatus(VirtioStatus wanted)
    {
        VirtioStatus added = wanted & ~status;
        if ((status & DriverBits & ~wanted) != 0)
        {
            device.CountOddity("status bits cleared without a reset");
        }

        if ((added & VirtioStatus.FeaturesOk) != 0 && !CanAccept(driverFeatures))
        {
            // Spec: VIRTIO 1.2 3.1.1 step 6: the driver reads the bit back and sees that it was refused.
            device.CountOddity("features refused");
            added &= ~VirtioStatus.FeaturesOk;
        }

        if ((added & VirtioStatus.DriverOk) != 0 && ((status | added) & VirtioStatus.FeaturesOk) == 0)
        {
            device.CountOddity("DRIVER_OK without FEATURES_OK");
            added &= ~VirtioStatus.DriverOk;
        }

        status |= added;
        if ((added & VirtioStatus.DriverOk) != 0)
        {
            live = true;
            idle.Reset();
            lifecycle.RequestActivate(driverFeatures, TakeSettings());
        }
    }

    private bool CanAccept(ulong features) =>
        (features & ~DeviceFeatures) == 0 && (features & VirtioFeatures.Version1) != 0 && device.CanAccept(features);

    private VirtqueueSettings?[] TakeSettings()
    {
        var settings = new VirtqueueSettings?[queues.Length];
        for (int i = 0; i < queues.Length; i++)
        {
            settings[i] = queues[i].IsEnabled ? queues[i].Settings : null;
        }

        return settings;
    }

    private void BeginReset()
    {
        if (!live)
        {
            ClearAll();
            return;
        }

        quiescing = true;
        lifecycle.RequestDeactivate();
    }

    private void ClearAll()
    {
        status = VirtioStatus.None;
        driverFeatures = 0;
        foreach (QueueRegisters queue in queues)
        {
            queue.Clear();
        }

        Cleared?.Invoke();
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
