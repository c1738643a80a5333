using System;
using System.Threading;
using Limber.Device.Loop;
using Limber.Interop;

namespace Limber.VirtioDevices.Vhost;

/// <content>
/// What happens when the back end is gone:
/// <code>
///   works --lost--> dead    the device answers its driver itself, for good
///         --lost--> away    nobody serves the rings; one that may come back is looked for at intervals
///         &lt;--back--
/// </code>
/// All of it on the control loop. The queue that this process serves works on: Linux' network driver waits for its answers in a
/// loop, with a processor, for ever.
/// </content>
public abstract partial class HandOverDevice
{
    private LoopTimer? retry;
    private bool away;

    /// <summary>A back end is there again and the rings are about to be served, if the driver runs. Thread: the control loop's.</summary>
    protected virtual void OnBackendBack() { }

    // All that a back end is told before the first ring.
    private void Begin()
    {
        Backend.SetFeatures(accepted & Backend.Features);
        HandOverMemory();
        if (Backend.LossDescriptor is { } descriptor)
        {
            loss = ControlLoop.Add(descriptor, Backend.LossEvents, _ => CheckLost(), this);
        }
    }

    private void CheckLost()
    {
        if (Backend.CheckLost())
        {
            Lose(new VhostUser.VhostUserException($"the back end {Backend.Name} of {Id} is gone"));
        }
    }

    private void Lose(Exception reason)
    {
        loss?.Dispose();
        loss = null;
        if (dead || away)
        {
            return;
        }

        if (AnswersForLostBackend)
        {
            dead = true;
            Backend.Dispose();
            ReportFault(reason);
            UpdateRings();
        }
        else
        {
            GoAway(reason);
        }
    }

    private void GoAway(Exception reason)
    {
        away = true;
        handedOver = null;
        TimeSpan? interval = Backend.RetryInterval;
        if (interval is null)
        {
            Backend.Dispose();
        }
        else
        {
            Backend.Disconnect();
        }

        foreach (HandOverRing ring in rings)
        {
            if (ring is { IsServed: true, Queue: { } queue })
            {
                // What was taken and not completed is taken again: network back ends complete in order.
                ring.First = queue.UsedIndex;
                ring.IsServed = false;
                LetGo(ring);

                // Something may have been completed last and not said.
                Interrupt(queue);
            }
        }

        OnBackendLost();
        NotifyConfigChanged();
        ReportFault(reason);
        if (interval is { } due)
        {
            retry ??= ControlLoop.CreateTimer(Retry, this);
            retry.Start(due);
        }
    }

    private void Retry()
    {
        try
        {
            if (!Backend.TryReconnect())
            {
                retry!.Start(Backend.RetryInterval!.Value);
                return;
            }

            if (isActive)
            {
                Begin();
            }
        }
        catch (Exception reason) when (reason is HostException or VhostUser.VhostUserException)
        {
            // Somebody was there who is of no use, or already gone.
            loss?.Dispose();
            loss = null;
            handedOver = null;
            Backend.Disconnect();
            retry!.Start(Backend.RetryInterval!.Value);
            return;
        }

        away = false;
        ForgetFault();
        OnBackendBack();
        UpdateRings();
    }

    // The timer is the loop's; after this it does not run any more.
    private void EndRetrying()
    {
        if (ControlLoop.IsCurrent)
        {
            retry?.Dispose();
            return;
        }

        using var ended = new ManualResetEventSlim();
        bool posted = ControlLoop.Post(
            () =>
            {
                retry?.Dispose();
                ended.Set();
            },
            this);
        if (posted)
        {
            ended.Wait();
        }
    }
}
