using System;
using System.Threading;
using Limber.Interop;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>
/// The host thread that runs one vCPU, from the first processor that uses it to the end of the machine.
/// <code>
///            Start              Park                 Resume
/// (created) -------> Running ----------> Parked ----------------> Running
///                       |                   |
///                       +------ Retire -----+----> Outside -----> Resting --- Start ---> Running or Parked
///                       +------- Stop ------+-------------------------+----------------> (thread ended)
/// </code>
/// Outside and at rest no guest code runs, and the thread does not have the name of its processor. On the way from one to the other
/// it returns the vCPU to its power-on state.
/// <para>
/// A vCPU keeps its thread because KVM_RUN of another thread waits until no processor of the host can still see the old one
/// (synchronize_rcu, in kernels before 6.12): tens of milliseconds in which a processor that is plugged in again does not answer the guest.
/// </para>
/// </summary>
/// <remarks>
/// Thread: all methods are called by one controlling thread at a time (whoever holds the machine's control lock).
/// The vCPU thread itself takes no lock but <see cref="gate"/>, so a controlling thread may wait for it.
/// </remarks>
internal sealed class VcpuThread
{
    private const int StackSize = 256 * 1024;

    private readonly object gate = new();
    private readonly KvmVcpu vcpu;
    private readonly VcpuExitHandler exits;
    private readonly Thread thread;
    private readonly Action<Thread> startThread;
    private volatile Order order;
    private bool started;
    private bool parked;
    private bool outside;
    private bool resting;
    private int hostThreadId;
    private int replacementsSeen;
    private Exception? startFailure;

    /// <param name="name">Thread name, at most 15 characters.</param>
    /// <param name="vcpu">The vCPU; no other thread may use it while this one is not parked.</param>
    /// <param name="exits">Handles what the guest needs.</param>
    /// <param name="startThread">Starts the thread it is given.</param>
    public VcpuThread(string name, KvmVcpu vcpu, VcpuExitHandler exits, Action<Thread> startThread)
    {
        this.startThread = startThread;
        this.vcpu = vcpu;
        this.exits = exits;
        thread = new Thread(Loop, StackSize) { Name = name, IsBackground = true };
    }

    private enum Order
    {
        Run,
        Park,
        Retire,
        Stop,
    }

    /// <summary>Host thread id (<c>gettid</c>).</summary>
    public int HostThreadId => hostThreadId;

    /// <summary>Starts the thread, or ends its rest, and returns when it can be controlled.</summary>
    /// <param name="running">Run guest code at once; else begin parked.</param>
    /// <exception cref="HostException">The host has no thread to give, or it could not prepare itself. Not at the end of a rest.</exception>
    public void Start(bool running)
    {
        Order first = running ? Order.Run : Order.Park;
        if (started)
        {
            EndRest(first);
            return;
        }

        order = first;
        try
        {
            startThread(thread);
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // .NET's way to say that pthread_create failed.
            throw new HostException($"cannot start the thread {thread.Name}", ErrorNumber.EAGAIN);
        }

        lock (gate)
        {
            while (!started)
            {
                Monitor.Wait(gate);
            }
        }

        if (startFailure is not null)
        {
            thread.Join();
            throw startFailure;
        }
    }

    /// <summary>Asks the vCPU to leave the guest; <see cref="WaitParked"/> waits for it. Ask all first, then wait for all.</summary>
    public void RequestPark() => Give(Order.Park);

    /// <summary>Returns when the vCPU is outside the guest and its last access is complete.</summary>
    public void WaitParked()
    {
        lock (gate)
        {
            while (!parked && !outside)
            {
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Lets a parked vCPU run on.</summary>
    public void Resume() => Give(Order.Run);

    /// <summary>Tells the thread, at rest or not, to end; <see cref="Join"/> waits for it. Ask all first, then wait for all.</summary>
    public void RequestStop() => Give(Order.Stop);

    /// <summary>
    /// Takes the vCPU out of the guest for good and returns when it is outside. What is left the thread does by itself: it returns
    /// the vCPU to its power-on state, so that its timers and the guest's clock are off, and rests.
    /// </summary>
    public void Retire()
    {
        Give(Order.Retire);
        lock (gate)
        {
            while (!outside)
            {
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Returns when the thread, which was retired, rests and does not use the vCPU.</summary>
    public void WaitResting()
    {
        lock (gate)
        {
            while (!resting)
            {
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Returns when the thread, which was told to, has ended and no longer uses the vCPU.</summary>
    public void Join() => thread.Join();

    private void Give(Order newOrder)
    {
        lock (gate)
        {
            order = newOrder;
            if (newOrder == Order.Run)
            {
                parked = false;
            }

            Monitor.PulseAll(gate);

            // Under the gate: the thread can't end, and its id can't be reused, before the signal is sent.
            if (started && !outside && newOrder != Order.Run)
            {
                vcpu.Kick(hostThreadId);
            }
        }
    }

    private void EndRest(Order first)
    {
        lock (gate)
        {
            resting = false;
            outside = false;
            parked = false;
            order = first;

            // Before anybody learns that there is a processor, as at its end: the thread may be long in waking up.
            HostThread.SetName(hostThreadId, thread.Name!);
            Monitor.PulseAll(gate);
        }
    }

    private void Loop()
    {
        if (!Prepare())
        {
            return;
        }

        while (order != Order.Stop)
        {
            if (order == Order.Run)
            {
                RunGuest();
            }
            else if (order == Order.Park)
            {
                // Kicks are forgotten on the way, so the order is looked at once more after it: it may be another by then.
                Park();
            }
            else
            {
                Rest();
            }
        }

        LeaveGuest();
    }

    private void RunGuest()
    {
        VcpuExit exit = vcpu.Run();
        if (exit == VcpuExit.Interrupted)
        {
            // Orders are read after this, so a kick that is forgotten here was not for nothing.
            vcpu.DrainKicks();
        }
        else if (exit == VcpuExit.MemoryFault && exits.TryReplaceLostPages(ref replacementsSeen))
        {
            // The access is made again, and finds the page.
        }
        else if (!exits.Handle(vcpu, exit))
        {
            AwaitOtherOrder();
        }
    }

    private void LeaveGuest()
    {
        CompletePendingAccesses();

        // Before anybody learns that the guest's processor is gone: threads with its name are those that can run guest code.
        HostThread.SetCurrentName($"gone-{thread.Name}");
        lock (gate)
        {
            outside = true;
            Monitor.PulseAll(gate);
        }
    }

    private void Rest()
    {
        LeaveGuest();
        try
        {
            vcpu.Reset();
        }
        catch (KvmException)
        {
            // The processor is gone all the same. The next plug of the slot resets the vCPU again, and reports it.
        }

        lock (gate)
        {
            resting = true;
            Monitor.PulseAll(gate);
            while (resting && order != Order.Stop)
            {
                Monitor.Wait(gate);
            }
        }

        vcpu.DrainKicks();
    }

    private bool Prepare()
    {
        try
        {
            vcpu.BindToCurrentThread();
            hostThreadId = HostThread.CurrentId;
            HostThread.SetCurrentName(thread.Name!);
        }
        catch (Exception e) when (e is HostException or KvmException)
        {
            startFailure = e;
        }

        lock (gate)
        {
            started = true;
            outside = startFailure is not null;
            Monitor.PulseAll(gate);
        }

        return startFailure is null;
    }

    // Parks until the order is another one.
    private void Park()
    {
        CompletePendingAccesses();
        vcpu.NotifyPaused();
        lock (gate)
        {
            while (order == Order.Park)
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

        vcpu.DrainKicks();
    }

    // An instruction may take several accesses; those that are left belong to it and are handled like the first.
    private void CompletePendingAccesses()
    {
        for (VcpuExit exit = vcpu.CompletePendingAccess(); exit != VcpuExit.Interrupted; exit = vcpu.CompletePendingAccess())
        {
            exits.Handle(vcpu, exit);
        }
    }

    // The guest can't go on (reset requested, failure): wait for the machine to decide instead of running into it again.
    private void AwaitOtherOrder()
    {
        lock (gate)
        {
            while (order == Order.Run)
            {
                Monitor.Wait(gate);
            }
        }
    }
}
