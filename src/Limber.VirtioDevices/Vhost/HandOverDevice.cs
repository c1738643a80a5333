using System;
using System.Collections.Generic;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vhost;

/// <summary>
/// A device whose rings a back end serves. A back end that dies or does not answer is reported (<see cref="VirtioDevice.Faulted"/>), and
/// its rings stand still; the VM lives on. One that may come back (<see cref="IRingBackend.RetryInterval"/>) is waited for, and goes on
/// where the last one has left its rings. A device type that <see cref="AnswersForLostBackend"/> answers its driver itself instead,
/// with errors.
/// </summary>
/// <remarks>
/// Everything runs on the first loop of the context, also calls that wait for the back end: it shares that loop with no device
/// that must not be held up. When memory was added to the machine, the machine calls <see cref="UpdateMemory"/>. When memory has left the
/// map it pauses and resumes the device, as every other, and then calls the same: a ring that is resumed is served with the map of
/// that moment, and the pages are unmapped when all back ends have it.
/// A back end that is asked to stop and does not answer is disconnected: what it does to the guest's memory then is its affair.
/// </remarks>
public abstract partial class HandOverDevice : VirtioDevice
{
    private const int NoSuch = -1;
    private readonly HandOverRing[] rings;
    private LoopSource? loss;
    private GuestMemory? handedOver;
    private ulong accepted;
    private bool isActive;
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

    /// <summary>
    /// True when ProcessQueue answers requests that nobody else serves any more: those that the back end took and did not
    /// complete, and all that follow, also after a reset.
    /// </summary>
    protected virtual bool AnswersForLostBackend => false;

    /// <summary>Whether the back end could take this memory map, before it is put into place. Thread: any.</summary>
    /// <exception cref="HostException">It can't; the text says why.</exception>
    /// <exception cref="VhostUser.VhostUserException">Nor can this one.</exception>
    public void CheckMemory(GuestMemory memory) => Backend.CheckMemory(memory);

    /// <summary>The back end is gone; the driver's configuration interrupt follows. Thread: the control loop's.</summary>
    protected virtual void OnBackendLost() { }

    /// <summary>Hands the memory map over as it is now, after memory was added or taken away. Thread: any.</summary>
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
        accepted = features;
        isActive = true;
        if (dead || away)
        {
            return;
        }

        try
        {
            Begin();
        }
        catch (Exception reason) when (reason is HostException or VhostUser.VhostUserException)
        {
            Lose(reason);
        }
    }

    /// <inheritdoc/>
    protected override void Deactivate(Action deactivated)
    {
        ArgumentNullException.ThrowIfNull(deactivated);
        isActive = false;
        loss?.Dispose();
        loss = null;
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
            ring.IsTakenOver = false;
        }

        ring.Queue = queue;
        if (queue.Index == OwnQueue)
        {
            Serve(ring, queue);
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

    /// <inheritdoc/>
    protected override void InterruptEventChanged(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        HandOverRing ring = rings[queue.Index];
        if (ring.IsServed)
        {
            // Begins again with the event as it is now.
            Release(queue.Index, ring);
            Update(queue.Index);
        }
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
    protected override void Dispose(bool disposing)
    {
        EndRetrying();
        Backend.Dispose();
    }

    private static VirtioDeviceContext Narrow(VirtioDeviceContext context, IRingBackend backend)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(backend);
        backend.CheckMemory(context.Memory.Current);

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
}
