using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device.Loop;

namespace Limber.Virtio;

/// <summary>
/// Carries out, one after the other on the device's control loop, what driver and machine ask for: activation, resets, pauses.
/// An operation ends when the last queue concerned has drained; the next begins then.
/// </summary>
/// <remarks>
/// Thread: requests any; everything else the control loop. When the loop has ended, nothing of the device runs, so a reset is
/// complete at once.
/// </remarks>
internal sealed class VirtioLifecycle
{
    private readonly VirtioDevice device;
    private readonly IReadOnlyList<DeviceLoop> loops;
    private readonly Queue<Action<Action>> waiting = [];

    // One for each queue: 1 from the request until it begins, so that a guest can't fill the loop's list.
    private readonly int[] eventChanges;
    private QueueRunner?[] runners = [];
    private ulong features;
    private bool isActive;
    private int pauses;
    private bool isBusy;

    public VirtioLifecycle(VirtioDevice device, IReadOnlyList<DeviceLoop> loops, int queueCount)
    {
        this.device = device;
        this.loops = loops;
        eventChanges = new int[queueCount];
    }

    private DeviceLoop Control => loops[0];

    public void RequestActivate(ulong accepted, VirtqueueSettings?[] settings) => Request(done => Activate(accepted, settings, done));

    public void RequestDeactivate()
    {
        if (!Request(Deactivate))
        {
            device.Registers.CompleteReset();
        }
    }

    public void RequestQueueReset(int queue) => Request(done => ResetQueue(queue, done));

    public void RequestEnable(int queue, VirtqueueSettings settings) => Request(done => EnableQueue(queue, settings, done));

    /// <summary>
    /// Stops all queues, also of activations that follow, until there were as many resumes as pauses; calls back on the control loop.
    /// False when the loop has ended.
    /// </summary>
    public bool RequestPause(Action paused) => Request(done =>
    {
        pauses++;
        StopAll(QueueStopReason.Pause, () =>
        {
            paused();
            done();
        });
    });

    public void RequestResume() => Request(done =>
    {
        if (pauses > 0 && --pauses == 0)
        {
            StartAll();
        }

        done();
    });

    /// <summary>See <see cref="VirtioDevice.NotifyInterruptEventChanged"/>.</summary>
    public void RequestEventChange(int queue)
    {
        if (Interlocked.Exchange(ref eventChanges[queue], 1) == 0)
        {
            _ = Request(done =>
            {
                Volatile.Write(ref eventChanges[queue], 0);
                if (isActive && runners[queue] is { } runner)
                {
                    RunOn(runner.Loop, runner.TellEventChanged);
                }

                done();
            });
        }
    }

    /// <summary>A callback of the device threw: no queue gives it anything more.</summary>
    public void BreakAll()
    {
        foreach (QueueRunner? runner in runners)
        {
            if (runner is not null)
            {
                RunOn(runner.Loop, () => runner.Queue.Break("device failed"));
            }
        }
    }

    private bool Request(Action<Action> operation) => Control.Post(
        () =>
        {
            waiting.Enqueue(operation);
            RunNext();
        },
        device);

    private void RunNext()
    {
        while (!isBusy && waiting.TryDequeue(out Action<Action>? operation))
        {
            isBusy = true;
            bool ended = false;
            void End()
            {
                if (!ended)
                {
                    ended = true;
                    RunOn(Control, () =>
                    {
                        isBusy = false;
                        RunNext();
                    });
                }
            }

            try
            {
                operation(End);
            }
            catch (Exception fault)
            {
                device.OnLoopFault(fault);
                End();
            }
        }
    }

    private void Activate(ulong accepted, VirtqueueSettings?[] settings, Action done)
    {
        features = accepted;
        runners = new QueueRunner?[settings.Length];
        var queues = new Virtqueue?[settings.Length];
        for (int i = 0; i < settings.Length; i++)
        {
            if (settings[i] is { } present)
            {
                runners[i] = CreateRunner(i, present);
                queues[i] = runners[i]!.Queue;
            }
        }

        isActive = true;
        device.ActivateFromLifecycle(features, queues);
        StartAll();
        done();
    }

    private void EnableQueue(int index, VirtqueueSettings settings, Action done)
    {
        if (isActive)
        {
            QueueRunner runner = CreateRunner(index, settings);
            runners[index] = runner;
            StartUnlessPaused(runner);
        }

        done();
    }

    private void ResetQueue(int index, Action done)
    {
        QueueRunner? runner = isActive ? runners[index] : null;
        Stop(runner, QueueStopReason.QueueReset, () =>
        {
            if (isActive)
            {
                runners[index] = null;
            }

            device.Registers.CompleteQueueReset(index);
            done();
        });
    }

    private void Deactivate(Action done) => StopAll(QueueStopReason.DeviceReset, () =>
    {
        bool wasActive = isActive;
        isActive = false;
        runners = [];
        void Complete()
        {
            device.Registers.CompleteReset();
            done();
        }

        if (wasActive)
        {
            device.DeactivateFromLifecycle(() => RunOn(Control, Complete));
        }
        else
        {
            Complete();
        }
    });

    private QueueRunner CreateRunner(int index, in VirtqueueSettings settings) =>
        new(device, index, settings, features, loops[index % loops.Count]);

    private void StartAll()
    {
        foreach (QueueRunner? runner in runners)
        {
            if (runner is not null)
            {
                StartUnlessPaused(runner);
            }
        }
    }

    private void StartUnlessPaused(QueueRunner runner)
    {
        if (pauses == 0)
        {
            RunOn(runner.Loop, runner.Start);
        }
    }

    private void StopAll(QueueStopReason reason, Action done)
    {
        // One more than there are queues: the last count is this method's own, so it also works with none.
        int left = 1;
        void CountDown()
        {
            if (--left == 0)
            {
                done();
            }
        }

        foreach (QueueRunner? runner in runners)
        {
            if (runner is not null)
            {
                left++;
                Stop(runner, reason, CountDown);
            }
        }

        CountDown();
    }

    /// <summary>Calls back on the control loop.</summary>
    private void Stop(QueueRunner? runner, QueueStopReason reason, Action done)
    {
        if (runner is null)
        {
            done();
            return;
        }

        RunOn(runner.Loop, () => runner.Stop(reason, () => RunOn(Control, done)));
    }

    // A loop that has ended runs nothing any more, so its work can be done here.
    private void RunOn(DeviceLoop loop, Action action)
    {
        if (loop.IsCurrent || !loop.Post(action, device))
        {
            action();
        }
    }
}
