using System.Threading;
using Limber.Interop;
using Limber.Interop.Kvm;

namespace Limber.Kvm;

/// <summary>
/// Getting a vCPU's thread out of the guest. The signal is blocked in the thread and unblocked by the kernel only inside
/// KVM_RUN, so it is never delivered and needs no handler; it stays pending, and KVM_RUN returns with EINTR.
/// <c>immediate_exit</c> closes the window between the thread's last look at its orders and its entry to the kernel.
/// </summary>
/// <param name="fd">The vCPU's descriptor, which stays the vCPU's.</param>
/// <param name="run">The page that the vCPU shares with the kernel, which stays mapped while this is used.</param>
internal sealed unsafe class VcpuKick(FileDescriptor fd, byte* run)
{
    /// <summary>A real-time signal that .NET does not use (it takes SIGRTMIN, 34).</summary>
    private const int Signal = 40;

    private const int SignalBlock = 0;

    /// <inheritdoc cref="KvmVcpu.BindToCurrentThread"/>
    public void BindToCurrentThread()
    {
        SignalSet kick = SignalSet.Of(Signal);
        int error = Libc.pthread_sigmask(SignalBlock, &kick, null);
        if (error != 0)
        {
            throw new HostException("cannot block the kick signal", error);
        }

        // struct kvm_signal_mask: the length, then the set that is blocked while in the guest.
        byte* mask = stackalloc byte[4 + SignalSet.KernelSize];
        *(uint*)mask = SignalSet.KernelSize;
        *(ulong*)(mask + 4) = ~kick.KernelBits;
        _ = KvmIo.Call(fd, KvmIoctl.KVM_SET_SIGNAL_MASK, (nint)mask, "cannot set the signal mask of a vCPU");
    }

    /// <inheritdoc cref="KvmVcpu.Kick"/>
    public void Send(int hostThreadId)
    {
        Volatile.Write(ref run[KvmRun.ImmediateExit], 1);
        _ = Libc.tgkill(Libc.getpid(), hostThreadId, Signal);
    }

    /// <inheritdoc cref="KvmVcpu.DrainKicks"/>
    public void Drain()
    {
        Volatile.Write(ref run[KvmRun.ImmediateExit], 0);
        SignalSet kick = SignalSet.Of(Signal);
        TimeSpec now = default;
        while (Libc.sigtimedwait(&kick, 0, &now) == Signal)
        {
        }

        // A kick between the two steps may have set the flag again with its signal already taken: that is harmless,
        // the next entry returns at once and the caller drains again.
    }
}
