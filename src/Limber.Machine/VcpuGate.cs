using System;
using System.Threading;
using Limber.Interop;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>What the thread of one vCPU is told, and what is known of where it is: the meeting point of both sides.</summary>
/// <remarks>
/// Orders and waiting: one controlling thread at a time (whoever holds the machine's control lock). Reports: the vCPU's own thread. No
/// other lock is taken inside.
/// </remarks>
/// <param name="vcpu">Is kicked out of the guest for an order.</param>
internal sealed class VcpuGate(KvmVcpu vcpu)
{
    private readonly object gate = new();
    private volatile VcpuOrder order;
    private bool started;
    private bool parked;
    private bool outside;
    private bool resting;

    /// <summary>The newest order. Thread: any; the vCPU's reads it after a kick at the latest.</summary>
    public VcpuOrder Order => order;

    /// <summary>True from the time that the thread can be controlled.</summary>
    public bool IsStarted => started;

    /// <summary>Host thread id (<c>gettid</c>) of a thread that was started.</summary>
    public int HostThreadId { get; private set; }

    /// <summary>The order that a thread finds when it starts. Before it does.</summary>
    public void GiveFirst(VcpuOrder first) => order = first;

    /// <summary>Gives an order; a vCPU that runs leaves the guest for it, unless it is to run.</summary>
    public void Give(VcpuOrder next)
    {
        lock (gate)
        {
            order = next;
            if (next == VcpuOrder.Run)
            {
                parked = false;
            }

            Monitor.PulseAll(gate);

            // Under the gate: the thread can't end, and its id can't be reused, before the signal is sent.
            if (started && !outside && next != VcpuOrder.Run)
            {
                vcpu.Kick(HostThreadId);
            }
        }
    }

    /// <summary>Ends the rest of a thread, which has the name from then on.</summary>
    public void EndRest(VcpuOrder first, string name)
    {
        lock (gate)
        {
            resting = false;
            outside = false;
            parked = false;
            order = first;

            // Before anybody learns that there is a processor, as at its end: the thread may be long in waking up.
            HostThread.SetName(HostThreadId, name);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Returns when the thread can be controlled, or has failed to start.</summary>
    public void WaitStarted() => WaitFor(static g => g.started);

    /// <summary>Returns when the vCPU is outside the guest and its last access is complete.</summary>
    public void WaitParked() => WaitFor(static g => g.parked || g.outside);

    /// <summary>Returns when the vCPU is outside the guest for good.</summary>
    public void WaitOutside() => WaitFor(static g => g.outside);

    /// <summary>Returns when the thread rests.</summary>
    public void WaitResting() => WaitFor(static g => g.resting);

    /// <summary>The thread can be controlled, or has failed and is about to end.</summary>
    public void ReportStarted(int hostThreadId, bool failed)
    {
        lock (gate)
        {
            HostThreadId = hostThreadId;
            started = true;
            outside = failed;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The vCPU is outside the guest for good.</summary>
    public void ReportOutside()
    {
        lock (gate)
        {
            outside = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Parks until the order is another one.</summary>
    public void Park()
    {
        lock (gate)
        {
            while (order == VcpuOrder.Park)
            {
                if (!parked)
                {
                    parked = true;
                    Monitor.PulseAll(gate);
                }

                Monitor.Wait(gate);
            }

            parked = false;
        }
    }

    /// <summary>Rests until another processor uses the vCPU, or the thread is to end.</summary>
    public void Rest()
    {
        lock (gate)
        {
            resting = true;
            Monitor.PulseAll(gate);
            while (resting && order != VcpuOrder.Stop)
            {
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Waits for another order than to run.</summary>
    public void AwaitOther()
    {
        lock (gate)
        {
            while (order == VcpuOrder.Run)
            {
                Monitor.Wait(gate);
            }
        }
    }

    private void WaitFor(Predicate<VcpuGate> condition)
    {
        lock (gate)
        {
            while (!condition(this))
            {
                Monitor.Wait(gate);
            }
        }
    }
}
