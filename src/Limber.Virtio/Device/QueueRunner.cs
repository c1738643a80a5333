using System;
using Limber.Device.Loop;

namespace Limber.Virtio;

/// <summary>Runs one queue on its loop: waits for the doorbell, gives the device turns, drains on stop.</summary>
/// <remarks>
/// A turn is limited to <see cref="VirtioDevice.ChainsPerTurn"/>, so a driver that never stops can't keep the loop from others.
/// Thread: the loop's.
/// </remarks>
internal sealed class QueueRunner : IVirtqueueOwner
{
    private readonly VirtioDevice device;
    private readonly LoopTask turn;
    private LoopSource? doorbell;
    private Action? stopped;

    // The device was told of a start and not yet of an end; a pause is no end.
    private bool begun;

    public QueueRunner(VirtioDevice device, int index, in VirtqueueSettings settings, ulong features, DeviceLoop loop)
    {
        this.device = device;
        Loop = loop;
        turn = loop.CreateTask(Turn, device);
        Queue = device.CreateQueue(index, settings, features, this);
        Queue.Runner = this;
    }

    public Virtqueue Queue { get; }

    public DeviceLoop Loop { get; }

    public void Start()
    {
        if (Queue.IsRunning || !Queue.Start())
        {
            return;
        }

        begun = true;
        device.StartQueueFromRunner(Queue);
        if (device.UsesLoopForRings)
        {
            doorbell = Loop.AddUncleared(Queue.Doorbell, turn.Schedule, device);

            // The driver may have filled the queue, and even rung, before anybody listened.
            turn.Schedule();
        }
    }

    /// <summary>Stops taking chains and calls back when none is in flight.</summary>
    public void Stop(QueueStopReason reason, Action done)
    {
        doorbell?.Dispose();
        doorbell = null;
        turn.Cancel();
        stopped = done;
        bool isPause = reason == QueueStopReason.Pause;
        if (!begun || (isPause && !Queue.IsRunning))
        {
            Queue.Drain();
            return;
        }

        begun = isPause;
        Queue.Stop();
        bool answered = false;
        void Answer()
        {
            if (!answered)
            {
                answered = true;
                RunOnLoop(Queue.Drain);
            }
        }

        try
        {
            device.StopQueueFromRunner(Queue, reason, Answer);
        }
        catch (Exception fault)
        {
            // It can't be asked again, and nobody may wait for it for ever.
            device.OnLoopFault(fault);
            Answer();
        }
    }

    public void TellEventChanged()
    {
        if (Queue.IsRunning)
        {
            device.InterruptEventChangedFromLifecycle(Queue);
        }
    }

    public void Schedule()
    {
        if (Queue.IsRunning && device.UsesLoopForRings)
        {
            turn.Schedule();
        }
    }

    void IVirtqueueOwner.OnQueueBroken(Virtqueue queue, string oddity) => device.OnQueueBroken(oddity);

    void IVirtqueueOwner.OnInterrupt(Virtqueue queue) => device.InterruptQueue(queue.Index);

    void IVirtqueueOwner.OnDrained(Virtqueue queue)
    {
        Action? done = stopped;
        stopped = null;
        queue.SignalUsed();
        done?.Invoke();
    }

    private void RunOnLoop(Action action)
    {
        if (Loop.IsCurrent || !Loop.Post(action, device))
        {
            action();
        }
    }

    private void Turn()
    {
        if (!Queue.IsRunning)
        {
            return;
        }

        Queue.DisableNotifications();
        Queue.SetBudget(device.ChainsPerTurn);
        QueueWork work;
        try
        {
            work = device.ProcessQueueFromRunner(Queue);
        }
        catch
        {
            Queue.AbandonLast();
            throw;
        }

        bool spent = Queue.IsBudgetSpent;
        Queue.SetBudget(int.MaxValue);

        Queue.SignalUsed();
        if (work == QueueWork.Done && (spent || Queue.EnableNotifications()))
        {
            turn.Schedule();
        }
    }
}
