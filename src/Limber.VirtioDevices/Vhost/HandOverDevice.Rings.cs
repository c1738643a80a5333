using System;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vhost;

/// <content>Who serves a ring: the back end, this process in its place, or nobody.</content>
public abstract partial class HandOverDevice
{
    private void Update(int index)
    {
        HandOverRing ring = rings[index];
        if (ring.Queue is not { IsRunning: true } queue)
        {
            return;
        }

        if (dead)
        {
            TakeOver(index, ring, queue);
        }
        else if (away)
        {
            // Served again when the back end is back.
        }
        else if (!ShouldServe(index))
        {
            Release(index, ring);
        }
        else if (!ring.IsServed)
        {
            try
            {
                HandOver(index, ring, queue);
            }
            catch (Exception reason) when (reason is HostException or VhostUser.VhostUserException)
            {
                LetGo(ring);
                Lose(reason);
            }
        }
    }

    private void HandOver(int index, HandOverRing ring, Virtqueue queue)
    {
        HandOverMemory();
        HostEvent call = GetInterruptEvent(queue) ?? Forward(ring, queue);
        Backend.StartRing(index, queue.Settings, ring.First, queue.Doorbell, call);
        ring.IsServed = true;

        // What the driver announced meanwhile may have been taken note of by nobody.
        queue.Doorbell.Signal();
    }

    private void TakeOver(int index, HandOverRing ring, Virtqueue queue)
    {
        if (!AnswersForLostBackend || ring.Task is not null)
        {
            return;
        }

        Release(index, ring);
        if (!ring.IsTakenOver)
        {
            if (!queue.TakeOver())
            {
                return;
            }

            // The back end may have completed something last and not said so.
            ring.IsTakenOver = true;
            Interrupt(queue);
        }

        Serve(ring, queue);
    }

    private void Serve(HandOverRing ring, Virtqueue queue)
    {
        ring.Task = ControlLoop.CreateTask(() => ServeOwn(ring), this);
        ring.Source = ControlLoop.Add(queue.Doorbell, ring.Task.Schedule, this);
        ring.Task.Schedule();
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
            Lose(reason);
        }

        ring.IsServed = false;
        LetGo(ring);
    }

    // Idempotent.
    private void LetGo(HandOverRing ring)
    {
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
}
