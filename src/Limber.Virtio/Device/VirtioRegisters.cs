using System;
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
public sealed partial class VirtioRegisters
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
        try
        {
            for (int i = 0; i < queues.Length; i++)
            {
                queues[i] = new QueueRegisters(queueSizes[i]);
                doorbells[i] = new HostEvent();
            }
        }
        catch
        {
            DisposeDoorbells();
            throw;
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

    /// <summary>See <see cref="VirtioConfigSpace.Generation"/>.</summary>
    public byte ConfigGeneration => device.Config.Generation;

    /// <summary>Bytes of device-specific configuration.</summary>
    public int ConfigLength => device.Config.Length;

    /// <summary>Lets the transport clear its own registers on reset; called under the lock, so it calls nobody.</summary>
    internal Action? Cleared { get; set; }

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
}
