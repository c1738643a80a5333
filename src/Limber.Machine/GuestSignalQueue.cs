using System;
using System.Collections.Generic;
using System.Threading;

namespace Limber.Machine;

/// <summary>
/// What vCPU threads have to say to the machine's worker, in order and bounded: a guest that rings doorbells at full speed
/// fills the queue, and what does not fit is dropped and counted, except for facts (an eject, a reset, a power-off), which
/// are kept once each.
/// </summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf. The calls of vCPU threads allocate nothing.</remarks>
internal sealed class GuestSignalQueue : IGuestSignals
{
    private readonly object gate = new();
    private readonly GuestSignal[] ring;
    private readonly bool[] ejectOverflow;
    private int head;
    private int count;
    private bool overflowed;
    private bool resetRequested;
    private bool powerOffRequested;
    private string? failure;
    private bool wakeRequested;
    private long dropped;

    /// <param name="processors">Number of possible processors.</param>
    public GuestSignalQueue(int processors)
    {
        ring = new GuestSignal[(4 * processors) + 64];
        ejectOverflow = new bool[processors];
    }

    /// <summary>Status reports that were dropped because the guest sent them faster than they could be handled.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <inheritdoc/>
    public void RequestReset()
    {
        lock (gate)
        {
            resetRequested = true;
            Monitor.Pulse(gate);
        }
    }

    /// <inheritdoc/>
    public void RequestPowerOff()
    {
        lock (gate)
        {
            powerOffRequested = true;
            Monitor.Pulse(gate);
        }
    }

    /// <inheritdoc/>
    public void ReportFailure(string description)
    {
        lock (gate)
        {
            failure ??= description;
            Monitor.Pulse(gate);
        }
    }

    /// <inheritdoc/>
    public void OnEjected(int index)
    {
        lock (gate)
        {
            if (!TryAdd(new GuestSignal(GuestSignalKind.Ejected, index, 0, 0)))
            {
                ejectOverflow[index] = true;
                overflowed = true;
            }

            Monitor.Pulse(gate);
        }
    }

    /// <inheritdoc/>
    public void OnStatus(int index, uint sourceEvent, uint status)
    {
        lock (gate)
        {
            if (!TryAdd(new GuestSignal(GuestSignalKind.Status, index, sourceEvent, status)))
            {
                dropped++;
            }

            Monitor.Pulse(gate);
        }
    }

    /// <summary>Makes <see cref="Wait"/> return.</summary>
    public void Wake()
    {
        lock (gate)
        {
            wakeRequested = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Waits until there is something to take, <see cref="Wake"/> was called, or the time is over.</summary>
    /// <param name="timeout">At most this long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    public void Wait(TimeSpan timeout)
    {
        lock (gate)
        {
            if (count == 0 && !overflowed && !resetRequested && !powerOffRequested && failure is null && !wakeRequested)
            {
                Monitor.Wait(gate, timeout);
            }

            wakeRequested = false;
        }
    }

    /// <summary>Takes everything, in order; ends with a reset, power-off or failure if one was reported.</summary>
    public GuestSignalBatch Take()
    {
        lock (gate)
        {
            var hotplug = new List<GuestSignal>(count);
            while (count > 0)
            {
                hotplug.Add(ring[head]);
                head = (head + 1) % ring.Length;
                count--;
            }

            for (int i = 0; overflowed && i < ejectOverflow.Length; i++)
            {
                if (ejectOverflow[i])
                {
                    hotplug.Add(new GuestSignal(GuestSignalKind.Ejected, i, 0, 0));
                    ejectOverflow[i] = false;
                }
            }

            overflowed = false;
            var batch = new GuestSignalBatch(hotplug, resetRequested, powerOffRequested, failure);
            resetRequested = false;
            powerOffRequested = false;
            failure = null;
            return batch;
        }
    }

    private bool TryAdd(GuestSignal signal)
    {
        if (count == ring.Length)
        {
            return false;
        }

        ring[(head + count) % ring.Length] = signal;
        count++;
        return true;
    }
}
