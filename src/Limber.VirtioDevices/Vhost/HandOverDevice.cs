using System;
using System.Collections.Generic;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vhost;

/// <summary>
/// A device whose rings a back end serves. A back end that dies or does not answer fails the device
/// (<see cref="VirtioDevice.Faulted"/>, DEVICE_NEEDS_RESET); the VM lives on, and the device stays failed.
/// </summary>
/// <remarks>
/// Everything runs on the first loop of the context, also calls that wait for the back end: it shares that loop with no device
/// that must not be held up. When memory was added to the machine it calls <see cref="UpdateMemory"/>; before any is taken away
/// it pauses the device, as every other, and the map of that moment counts on resume.
/// A back end that is asked to stop and does not answer is disconnected: what it does to the guest's memory then is its affair.
/// </remarks>
public abstract class HandOverDevice : VirtioDevice
{
    private const int NoSuch = -1;
    private readonly HandOverRing[] rings;
    private LoopSource? hangup;
    private GuestMemory? handedOver;
    private bool dead;

    /// <param name="type">Device type.</param>
    /// <param name="context">Surroundings; of its loops the first is used.</param>
    /// <param name="backend">Owned from here on unless this throws.</param>
    /// <param name="queueSizes">Of each queue.</param>
    /// <param name="features">Feature bits of the device type.</param>
    /// <param name="config">Device-specific configuration.</param>
    protected HandOverDevice(
        VirtioDeviceType type,
        VirtioDeviceContext context,
        IRingBackend backend,
        ReadOnlySpan<int> queueSizes,
        ulong features,
        VirtioConfigSpace config)
        : base(type, Narrow(context, backend), queueSizes, features, config)
    {
        ArgumentNullException.ThrowIfNull(backend);
        backend.CheckMemory(context.Memory.Current);
        Backend = backend;
        rings = new HandOverRing[queueSizes.Length];
        for (int i = 0; i < rings.Length; i++)
        {
            rings[i] = new HandOverRing();
        }
    }

    /// <inheritdoc/>
    protected sealed override bool UsesLoopForRings => false;

    /// <summary>Who serves the rings.</summary>
    protected IRingBackend Backend { get; }

    /// <summary>A queue that this process serves itself, by ProcessQueue; -1 for none.</summary>
    protected virtual int OwnQueue => NoSuch;

    /// <summary>Whether the back end could take this memory map, before it is put into place. Thread: any.</summary>
    /// <exception cref="HostException">It can't; the text says why.</exception>
    /// <exception cref="VhostUser.VhostUserException">Nor can this one.</exception>
    public void CheckMemory(GuestMemory memory) => Backend.CheckMemory(memory);

    /// <summary>Hands the memory map over as it is now, after memory was added. Thread: any.</summary>
    /// <param name="handedOver">Is called when the back end has it, or never will; on the device's loop, or at once.</param>
    public void UpdateMemory(Action? handedOver = null)
    {
        bool posted = ControlLoop.Post(
            () =>
            {
                try
                {
                    if (this.handedOver is not null && !dead)
                    {
                        HandOverMemory();
                    }
                }
                finally
                {
                    handedOver?.Invoke();
                }
            },
            this);
        if (!posted)
        {
            handedOver?.Invoke();
        }
    }

    /// <summary>Whether the back end is to serve a queue now; see <see cref="UpdateRings"/>.</summary>
    /// <remarks>Thread: the control loop's.</remarks>
    protected virtual bool ShouldServe(int queue) => true;

    /// <inheritdoc/>
    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        if (dead)
        {
            throw new InvalidOperationException($"the back end {Backend.Name} of {Id} is gone");
        }

        Backend.SetFeatures(features & Backend.Features);
        HandOverMemory();
        if (Backend.HangupDescriptor is { } descriptor)
        {
            hangup = ControlLoop.Add(descriptor, LoopEvents.ReadHangup, OnHangup, this);
        }
    }

    /// <inheritdoc/>
    protected override void Deactivate(Action deactivated)
    {
        ArgumentNullException.ThrowIfNull(deactivated);
        hangup?.Dispose();
        hangup = null;
        handedOver = null;
        deactivated();
    }

    /// <inheritdoc/>
    protected override void StartQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        HandOverRing ring = rings[queue.Index];
        if (ring.Queue is null || !ReferenceEquals(ring.Queue, queue))
        {
            ring.First = 0;
        }

        ring.Queue = queue;
        if (queue.Index == OwnQueue)
        {
            ring.Task = ControlLoop.CreateTask(() => ServeOwn(ring), this);
            ring.Source = ControlLoop.Add(queue.Doorbell, ring.Task.Schedule, this);
            ring.Task.Schedule();
            return;
        }

        Update(queue.Index);
    }

    /// <inheritdoc/>
    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(stopped);
        HandOverRing ring = rings[queue.Index];
        Release(queue.Index, ring);
        if (reason != QueueStopReason.Pause)
        {
            ring.Queue = null;
            ring.First = 0;
        }

        stopped();
    }

    /// <summary>Starts and stops the serving of queues as <see cref="ShouldServe"/> says now. Thread: the control loop's.</summary>
    protected void UpdateRings()
    {
        for (int i = 0; i < rings.Length; i++)
        {
            if (i != OwnQueue)
            {
                Update(i);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Backend.Dispose();

    private static VirtioDeviceContext Narrow(VirtioDeviceContext context, IRingBackend backend)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(backend);

        // Where a packed ring stands does not fit into what back ends are told. The reset of a queue is this side's affair.
        ulong features = context.RingFeatures & (backend.Features | VirtioFeatures.RingReset) & ~VirtioFeatures.RingPacked;
        return context with { Loops = [context.Loops[0]], RingFeatures = features };
    }

    private void HandOverMemory()
    {
        GuestMemory now = Memory.Current;
        if (!ReferenceEquals(now, handedOver))
        {
            Backend.SetMemory(now);
            handedOver = now;
        }
    }

    private void Update(int index)
    {
        HandOverRing ring = rings[index];
        if (ring.Queue is not { IsRunning: true } queue || dead)
        {
            return;
        }

        if (!ShouldServe(index))
        {
            Release(index, ring);
        }
        else if (!ring.IsServed)
        {
            HandOverMemory();
            HostEvent call = GetInterruptEvent(queue) ?? Forward(ring, queue);
            Backend.StartRing(index, queue.Settings, ring.First, queue.Doorbell, call);
            ring.IsServed = true;

            // What the driver announced meanwhile may have been taken note of by nobody.
            queue.Doorbell.Signal();
        }
    }

    private HostEvent Forward(HandOverRing ring, Virtqueue queue)
    {
        ring.Call ??= new HostEvent();
        ring.Source = ControlLoop.Add(ring.Call, () => Interrupt(queue), this);
        return ring.Call;
    }

    private void Release(int index, HandOverRing ring)
    {
        ring.Task?.Cancel();
        ring.Task = null;
        try
        {
            if (ring.IsServed && !dead)
            {
                ring.First = Backend.StopRing(index);
            }
        }
        catch (Exception reason) when (reason is HostException or VhostUser.VhostUserException)
        {
            Die(reason);
        }

        ring.IsServed = false;
        ring.Source?.Dispose();
        ring.Source = null;
        if (ring.Call is { } call)
        {
            // The last signal may not have been forwarded.
            ring.Call = null;
            if (call.Clear() && ring.Queue is { } queue)
            {
                Interrupt(queue);
            }

            call.Dispose();
        }
    }

    private void ServeOwn(HandOverRing ring)
    {
        if (ring.Queue is not { IsRunning: true } queue)
        {
            return;
        }

        queue.DisableNotifications();
        QueueWork work = ProcessQueue(queue);
        queue.SignalUsed();
        if (work == QueueWork.Done && queue.EnableNotifications())
        {
            ring.Task?.Schedule();
        }
    }

    private void OnHangup(LoopEvents events) =>
        Die(new VhostUser.VhostUserException($"the back end {Backend.Name} of {Id} closed the connection"));

    private void Die(Exception reason)
    {
        hangup?.Dispose();
        hangup = null;
        if (!dead)
        {
            dead = true;
            Backend.Dispose();
            OnLoopFault(reason);
        }
    }
}
