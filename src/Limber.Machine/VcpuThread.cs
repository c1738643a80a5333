using System;
using System.Threading;
using Limber.Interop;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>
/// The host thread that runs one vCPU.
/// <code>
///            Start              Park                 Resume
/// (created) -------> Running ----------> Parked ----------------> Running
///                       |                   |
///                       +-- Stop, Retire ---+------> Outside -------> (thread ended; the vCPU stays and can get a new thread)
/// </code>
/// From Outside on no guest code runs; the thread no longer has the name of its processor, and a retired one still returns its
/// vCPU to the power-on state.
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
    private bool retired;
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
        Stop,
    }

    /// <summary>Host thread id (<c>gettid</c>).</summary>
    public int HostThreadId => hostThreadId;

    /// <summary>Starts the thread and returns when it can be controlled.</summary>
    /// <param name="running">Run guest code at once; else begin parked.</param>
    /// <exception cref="HostException">The host has no thread to give, or it could not prepare itself.</exception>
    public void Start(bool running)
    {
        order = running ? Order.Run : Order.Park;
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

    /// <summary>Tells the thread to end; <see cref="Join"/> waits for it. Ask all first, then wait for all.</summary>
    public void RequestStop() => Give(Order.Stop);

    /// <summary>
    /// Ends the thread for good and returns when the vCPU is outside the guest. What is left the thread does by itself: it returns
    /// the vCPU to its power-on state, so that its timers and the guest's clock are off, and ends.
    /// </summary>
    public void Retire()
    {
        lock (gate)
        {
            retired = true;
        }

        RequestStop();
        lock (gate)
        {
            while (!outside)
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

    private void Loop()
    {
        if (!Prepare())
        {
            return;
        }

        while (true)
        {
            if (order != Order.Run)
            {
                if (!AwaitRunOrder())
                {
                    break;
                }

                // Kicks were forgotten on the way here, so the order is looked at once more: it may be another by now.
                continue;
            }

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

        End();
    }

    private void End()
    {
        // Before anybody learns that the guest's processor is gone: threads with its name are those that can run guest code.
        HostThread.SetCurrentName($"gone-{thread.Name}");
        lock (gate)
        {
            outside = true;
            Monitor.PulseAll(gate);
        }

        if (!retired)
        {
            return;
        }

        try
        {
            vcpu.Reset();
        }
        catch (KvmException)
        {
            // The processor is gone all the same. The next plug of the slot resets the vCPU again, and reports it.
        }
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

    // Parks until the order is another one; false when it is to stop.
    private bool AwaitRunOrder()
    {
        // An instruction may take several accesses; those that are left belong to it and are handled like the first.
        for (VcpuExit exit = vcpu.CompletePendingAccess(); exit != VcpuExit.Interrupted; exit = vcpu.CompletePendingAccess())
        {
            exits.Handle(vcpu, exit);
        }

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
        return order != Order.Stop;
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
