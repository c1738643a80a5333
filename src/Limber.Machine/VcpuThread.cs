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
/// The vCPU thread itself takes no lock but the <see cref="VcpuGate"/>'s, so a controlling thread may wait for it.
/// </remarks>
internal sealed class VcpuThread
{
    private const int StackSize = 256 * 1024;

    private readonly KvmVcpu vcpu;
    private readonly VcpuGate gate;
    private readonly VcpuExitHandler exits;
    private readonly Thread thread;
    private readonly Action<Thread> startThread;
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
        gate = new VcpuGate(vcpu);
        thread = new Thread(Loop, StackSize) { Name = name, IsBackground = true };
    }

    /// <summary>Host thread id (<c>gettid</c>).</summary>
    public int HostThreadId => gate.HostThreadId;

    /// <summary>Starts the thread, or ends its rest, and returns when it can be controlled.</summary>
    /// <param name="running">Run guest code at once; else begin parked.</param>
    /// <exception cref="HostException">The host has no thread to give, or it could not prepare itself. Not at the end of a rest.</exception>
    public void Start(bool running)
    {
        VcpuOrder first = running ? VcpuOrder.Run : VcpuOrder.Park;
        if (gate.IsStarted)
        {
            gate.EndRest(first, thread.Name!);
            return;
        }

        gate.GiveFirst(first);
        try
        {
            startThread(thread);
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // .NET's way to say that pthread_create failed.
            throw new HostException($"cannot start the thread {thread.Name}", ErrorNumber.EAGAIN);
        }

        gate.WaitStarted();
        if (startFailure is not null)
        {
            thread.Join();
            throw startFailure;
        }
    }

    /// <summary>Asks the vCPU to leave the guest; <see cref="WaitParked"/> waits for it. Ask all first, then wait for all.</summary>
    public void RequestPark() => gate.Give(VcpuOrder.Park);

    /// <summary>Returns when the vCPU is outside the guest and its last access is complete.</summary>
    public void WaitParked() => gate.WaitParked();

    /// <summary>Lets a parked vCPU run on.</summary>
    public void Resume() => gate.Give(VcpuOrder.Run);

    /// <summary>Tells the thread, at rest or not, to end; <see cref="Join"/> waits for it. Ask all first, then wait for all.</summary>
    public void RequestStop() => gate.Give(VcpuOrder.Stop);

    /// <summary>
    /// Takes the vCPU out of the guest for good and returns when it is outside. What is left the thread does by itself: it returns
    /// the vCPU to its power-on state, so that its timers and the guest's clock are off, and rests.
    /// </summary>
    public void Retire()
    {
        gate.Give(VcpuOrder.Retire);
        gate.WaitOutside();
    }

    /// <summary>Returns when the thread, which was retired, rests and does not use the vCPU.</summary>
    public void WaitResting() => gate.WaitResting();

    /// <summary>Returns when the thread, which was told to, has ended and no longer uses the vCPU.</summary>
    public void Join() => thread.Join();

    private void Loop()
    {
        if (!Prepare())
        {
            return;
        }

        while (gate.Order != VcpuOrder.Stop)
        {
            if (gate.Order == VcpuOrder.Run)
            {
                RunGuest();
            }
            else if (gate.Order == VcpuOrder.Park)
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

    private bool Prepare()
    {
        int id = 0;
        try
        {
            vcpu.BindToCurrentThread();
            id = HostThread.CurrentId;
            HostThread.SetCurrentName(thread.Name!);
        }
        catch (Exception e) when (e is HostException or KvmException)
        {
            startFailure = e;
        }

        gate.ReportStarted(id, failed: startFailure is not null);
        return startFailure is null;
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
            // The guest can't go on (reset requested, failure): the machine decides, instead of the guest running into it again.
            gate.AwaitOther();
        }
    }

    private void Park()
    {
        CompletePendingAccesses();
        vcpu.NotifyPaused();
        gate.Park();
        vcpu.DrainKicks();
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

        gate.Rest();
        vcpu.DrainKicks();
    }

    private void LeaveGuest()
    {
        CompletePendingAccesses();

        // Before anybody learns that the guest's processor is gone: threads with its name are those that can run guest code.
        HostThread.SetCurrentName($"gone-{thread.Name}");
        gate.ReportOutside();
    }

    // An instruction may take several accesses; those that are left belong to it and are handled like the first.
    private void CompletePendingAccesses()
    {
        for (VcpuExit exit = vcpu.CompletePendingAccess(); exit != VcpuExit.Interrupted; exit = vcpu.CompletePendingAccess())
        {
            exits.Handle(vcpu, exit);
        }
    }
}
