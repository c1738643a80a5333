using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Cpu;
using Limber.Interop;
using Limber.Interop.Kvm;

namespace Limber.Kvm;

/// <summary>
/// One vCPU in the kernel and the page it shares with it.
/// </summary>
/// <remarks>
/// Thread: everything but <see cref="Kick"/> belongs to the thread that runs the vCPU, or to the machine's worker while
/// that thread is stopped or does not exist.
/// <para>
/// Getting a thread out of the guest: <see cref="KickSignal"/> is blocked in the vCPU thread and unblocked by the kernel
/// only inside KVM_RUN, so it is never delivered and needs no handler; it stays pending, and KVM_RUN returns with EINTR.
/// <c>immediate_exit</c> closes the window between the thread's last look at its orders and its entry to the kernel.
/// </para>
/// </remarks>
public sealed unsafe class KvmVcpu : IDisposable
{
    /// <summary>A real-time signal that .NET does not use (it takes SIGRTMIN, 34).</summary>
    internal const int KickSignal = 40;

    private const int SignalBlock = 0;

    /// <summary>Registers that are written by one request; the kernel takes up to 255.</summary>
    private const int MaximumMsrs = 128;

    private readonly KvmVm vm;
    private readonly FileDescriptor fd;
    private readonly HostMapping mapping;
    private readonly byte* run;
    private KvmVcpuResetState? resetState;
    private bool accessPending;
    private int lastError;

    internal KvmVcpu(KvmVm vm, FileDescriptor fd, uint apicId, int mappingSize)
    {
        this.vm = vm;
        this.fd = fd;
        ApicId = apicId;
        mapping = HostMapping.MapShared(fd.Number, (ulong)mappingSize, "a vCPU's shared page");
        run = (byte*)mapping.Address;
    }

    /// <summary>APIC id and KVM id.</summary>
    public uint ApicId { get; }

    /// <summary>True for the one vCPU that starts by itself.</summary>
    public bool IsBootProcessor => ApicId == 0;

    /// <summary>True once <see cref="SetCpuid"/> has succeeded: the vCPU can run and be reset.</summary>
    public bool IsReady => resetState is not null;

    /// <summary>Port of an <see cref="VcpuExit.Io"/> exit.</summary>
    public ushort IoPort => *(ushort*)(run + KvmRun.IoPort);

    /// <summary>True when the guest writes.</summary>
    public bool IoIsWrite => run[KvmRun.IoDirection] == KvmRun.IoDirectionOut;

    /// <summary>Bytes of one access: 1, 2 or 4.</summary>
    public int IoSize => run[KvmRun.IoSize];

    /// <summary>How many accesses the exit stands for (string instructions).</summary>
    public int IoCount => (int)*(uint*)(run + KvmRun.IoCount);

    /// <summary>Guest physical address of an <see cref="VcpuExit.Mmio"/> exit.</summary>
    public ulong MmioAddress => *(ulong*)(run + KvmRun.MmioAddress);

    /// <summary>True when the guest writes.</summary>
    public bool MmioIsWrite => run[KvmRun.MmioIsWrite] != 0;

    /// <summary>The bytes written, or the place for the bytes read: 1 to 8.</summary>
    public Span<byte> MmioData
    {
        get
        {
            // SAFETY: the kernel never reports more than the eight bytes of the field.
            int length = (int)Math.Min(*(uint*)(run + KvmRun.MmioLength), 8u);
            return new Span<byte>(run + KvmRun.MmioData, length);
        }
    }

    /// <summary>The bytes of access <paramref name="index"/> of an <see cref="VcpuExit.Io"/> exit.</summary>
    public Span<byte> GetIoData(int index)
    {
        ulong offset = checked(*(ulong*)(run + KvmRun.IoDataOffset) + (ulong)(index * IoSize));
        if (offset + (ulong)IoSize > mapping.Length)
        {
            throw new KvmException($"the kernel placed port data at offset {offset} of a mapping of {mapping.Length} bytes");
        }

        // SAFETY: the range was just checked to lie within the mapping.
        return new Span<byte>(run + offset, IoSize);
    }

    /// <summary>
    /// Sets what CPUID answers, and enters the power-on state. Before the first run, and again only if it failed.
    /// </summary>
    /// <param name="entries">The leaves.</param>
    /// <param name="firmware">Model-specific registers as firmware leaves them: part of the power-on state.</param>
    /// <exception cref="KvmException">The kernel refused the set.</exception>
    public void SetCpuid(ReadOnlySpan<CpuidEntry> entries, ReadOnlySpan<(uint Index, ulong Value)> firmware = default)
    {
        byte[] buffer = new byte[8 + (entries.Length * sizeof(kvm_cpuid_entry2))];
        fixed (byte* pointer = buffer)
        {
            *(uint*)pointer = (uint)entries.Length;
            var target = (kvm_cpuid_entry2*)(pointer + 8);
            for (int i = 0; i < entries.Length; i++)
            {
                CpuidEntry entry = entries[i];
                target[i] = new kvm_cpuid_entry2
                {
                    function = entry.Function,
                    index = entry.Index,
                    flags = entry.Flags,
                    eax = entry.Eax,
                    ebx = entry.Ebx,
                    ecx = entry.Ecx,
                    edx = entry.Edx,
                };
            }

            _ = KvmIo.Call(fd, KvmIoctl.KVM_SET_CPUID2, (nint)pointer, $"cannot set {entries.Length} CPUID entries of vCPU {ApicId}");
        }

        foreach ((uint index, ulong value) in firmware)
        {
            SetMsr(index, value);
        }

        KvmVcpuResetState state = vm.GetResetState(this);

        // Not for the state, which is fresh: the kernel's map from APIC ids to vCPUs was last built while this vCPU was not in
        // it, and only setting its APIC builds it anew. Until then no other vCPU could send it INIT and SIPI.
        state.Restore(this);
        resetState = state;
    }

    /// <summary>
    /// Finishes an access that was handed out by the last <see cref="Run"/> and returns to the power-on state.
    /// </summary>
    public void Reset()
    {
        // What the rest of the instruction still asks for is of no interest, but it must be over: see CompletePendingAccess
        // for why this ends.
        while (CompletePendingAccess() != VcpuExit.Interrupted)
        {
        }

        (resetState ?? throw new InvalidOperationException("the vCPU has no CPUID yet")).Restore(this);
    }

    /// <summary>
    /// Lets the kernel finish the access that was handed out by the last <see cref="Run"/>, without entering the guest.
    /// Until then the registers are not what they will be.
    /// </summary>
    /// <returns>
    /// <see cref="VcpuExit.Interrupted"/> when nothing is left to finish. Otherwise the instruction needs more: handle that
    /// as an exit of <see cref="Run"/> and call again. The kernel goes through at most 1024 repetitions of an instruction
    /// before it wants to enter the guest again, so this ends whatever the guest does.
    /// </returns>
    public VcpuExit CompletePendingAccess()
    {
        if (!accessPending)
        {
            return VcpuExit.Interrupted;
        }

        Volatile.Write(ref run[KvmRun.ImmediateExit], 1);
        VcpuExit exit = Run();
        Volatile.Write(ref run[KvmRun.ImmediateExit], 0);
        return exit;
    }

    /// <summary>Reads the general registers.</summary>
    public kvm_regs GetRegisters()
    {
        kvm_regs value = default;
        Get(KvmIoctl.KVM_GET_REGS, ref value);
        return value;
    }

    /// <summary>Writes the general registers.</summary>
    public void SetRegisters(kvm_regs value) => Set(KvmIoctl.KVM_SET_REGS, ref value);

    /// <summary>Reads segments, control registers and table registers.</summary>
    public kvm_sregs GetSystemRegisters()
    {
        kvm_sregs value = default;
        Get(KvmIoctl.KVM_GET_SREGS, ref value);
        return value;
    }

    /// <summary>Reads what it waits for: one of KVM_MP_STATE_*.</summary>
    public uint GetMpState()
    {
        uint value = 0;
        Get(KvmIoctl.KVM_GET_MP_STATE, ref value);
        return value;
    }

    /// <summary>Writes segments, control registers and table registers.</summary>
    public void SetSystemRegisters(kvm_sregs value) => Set(KvmIoctl.KVM_SET_SREGS, ref value);

    /// <summary>Writes one model-specific register.</summary>
    /// <exception cref="KvmException">The host lacks it or refuses the value.</exception>
    public void SetMsr(uint index, ulong value)
    {
        if (!TrySetMsr(new kvm_msr_entry { index = index, data = value }))
        {
            throw new KvmException($"cannot set model-specific register 0x{index:x} of vCPU {ApicId} to 0x{value:x}");
        }
    }

    /// <summary>
    /// Tells the guest's clock that the vCPU was stopped by the host, so that the guest does not report a hang.
    /// No effect when the guest does not use that clock.
    /// </summary>
    public void NotifyPaused() => _ = KvmIo.TryCall(fd, KvmIoctl.KVM_KVMCLOCK_CTRL, 0);

    /// <summary>Prepares the calling thread to run this vCPU; must be its first call.</summary>
    public void BindToCurrentThread()
    {
        SignalSet kick = SignalSet.Of(KickSignal);
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

    /// <summary>
    /// Makes the vCPU leave the guest, or not enter it, at the next opportunity.
    /// </summary>
    /// <param name="hostThreadId">The thread that runs it; it must not have ended.</param>
    /// <remarks>Thread: any. The request holds until <see cref="DrainKicks"/>.</remarks>
    public void Kick(int hostThreadId)
    {
        Volatile.Write(ref run[KvmRun.ImmediateExit], 1);
        _ = Libc.tgkill(Libc.getpid(), hostThreadId, KickSignal);
    }

    /// <summary>Forgets kicks. The caller reads its orders after this, so that none is lost.</summary>
    public void DrainKicks()
    {
        Volatile.Write(ref run[KvmRun.ImmediateExit], 0);
        SignalSet kick = SignalSet.Of(KickSignal);
        TimeSpec now = default;
        while (Libc.sigtimedwait(&kick, 0, &now) == KickSignal)
        {
        }

        // A kick between the two steps may have set the flag again with its signal already taken: that is harmless,
        // the next entry returns at once and the caller drains again.
    }

    /// <summary>Runs guest code until it needs the VMM. Allocates nothing.</summary>
    public VcpuExit Run()
    {
        VcpuExit exit = Enter();
        accessPending = exit is VcpuExit.Io or VcpuExit.Mmio;
        return exit;
    }

    /// <summary>What the kernel said when <see cref="Run"/> failed, with the place in the guest.</summary>
    public string DescribeFailure()
    {
        uint reason = *(uint*)(run + KvmRun.ExitReason);
        string what = reason switch
        {
            _ when lastError != 0 => $"KVM_RUN failed: {Marshal.GetPInvokeErrorMessage(lastError)}",
            KvmExitReason.KVM_EXIT_FAIL_ENTRY => $"entry failed, hardware reason 0x{*(ulong*)(run + KvmRun.FailEntryReason):x}",
            KvmExitReason.KVM_EXIT_INTERNAL_ERROR => $"internal error {*(uint*)(run + KvmRun.InternalSuberror)}",
            KvmExitReason.KVM_EXIT_SYSTEM_EVENT => $"system event {*(uint*)(run + KvmRun.SystemEventType)}",
            _ => $"exit reason {reason}",
        };
        kvm_regs registers = GetRegisters();
        return $"vCPU {ApicId}: {what} at rip 0x{registers.rip:x}";
    }

    /// <summary>Closes the vCPU. The kernel keeps it until the machine is closed too.</summary>
    public void Dispose()
    {
        mapping.Dispose();
        fd.Dispose();
    }

    internal void Get<T>(uint request, ref T value)
        where T : unmanaged => KvmIo.Call(fd, request, ref value, $"cannot read the state of vCPU {ApicId} (0x{request:x})");

    internal void Set<T>(uint request, ref T value)
        where T : unmanaged => KvmIo.Call(fd, request, ref value, $"cannot write the state of vCPU {ApicId} (0x{request:x})");

    /// <summary>
    /// Values of those wanted registers that the host has. Reading tells: the kernel's list of registers leaves out some
    /// that it can save, those of the memory type ranges among them.
    /// </summary>
    internal kvm_msr_entry[] ReadMsrs(ReadOnlySpan<uint> wanted)
    {
        byte* buffer = stackalloc byte[8 + (MaximumMsrs * sizeof(kvm_msr_entry))];
        var entries = new Span<kvm_msr_entry>(buffer + 8, MaximumMsrs);
        var values = new List<kvm_msr_entry>(wanted.Length);
        while (!wanted.IsEmpty)
        {
            int count = Math.Min(wanted.Length, MaximumMsrs);
            *(ulong*)buffer = (ulong)count;
            for (int i = 0; i < count; i++)
            {
                entries[i] = new kvm_msr_entry { index = wanted[i] };
            }

            // The kernel tells how many it read; it stops at the first that the host lacks.
            int read = Math.Clamp(KvmIo.TryCall(fd, KvmIoctl.KVM_GET_MSRS, (nint)buffer), 0, count);
            values.AddRange(entries[..read]);
            wanted = wanted[Math.Min(read + 1, count)..];
        }

        return [.. values];
    }

    /// <summary>
    /// Writes registers in their order, many at a time, and passes over those that are refused: some accept only what they have.
    /// </summary>
    internal void WriteMsrs(ReadOnlySpan<kvm_msr_entry> entries)
    {
        byte* buffer = stackalloc byte[8 + (MaximumMsrs * sizeof(kvm_msr_entry))];
        while (!entries.IsEmpty)
        {
            int count = Math.Min(entries.Length, MaximumMsrs);
            *(ulong*)buffer = (ulong)count;
            entries[..count].CopyTo(new Span<kvm_msr_entry>(buffer + 8, count));

            // The kernel tells how many it wrote; it stops at the first it refuses.
            int written = Math.Clamp(KvmIo.TryCall(fd, KvmIoctl.KVM_SET_MSRS, (nint)buffer), 0, count);
            entries = entries[Math.Min(written + 1, count)..];
        }
    }

    private VcpuExit Enter()
    {
        lastError = 0;
        if (Libc.ioctl(fd, KvmIoctl.KVM_RUN, 0) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error is ErrorNumber.EINTR or ErrorNumber.EAGAIN)
            {
                return VcpuExit.Interrupted;
            }

            lastError = error;
            return error == ErrorNumber.EFAULT ? VcpuExit.MemoryFault : VcpuExit.Failed;
        }

        return *(uint*)(run + KvmRun.ExitReason) switch
        {
            KvmExitReason.KVM_EXIT_IO => VcpuExit.Io,
            KvmExitReason.KVM_EXIT_MMIO => VcpuExit.Mmio,
            KvmExitReason.KVM_EXIT_INTR => VcpuExit.Interrupted,
            KvmExitReason.KVM_EXIT_SHUTDOWN => VcpuExit.Shutdown,
            KvmExitReason.KVM_EXIT_HLT => VcpuExit.Halt,
            _ => VcpuExit.Failed,
        };
    }

    private bool TrySetMsr(kvm_msr_entry entry)
    {
        byte* buffer = stackalloc byte[8 + sizeof(kvm_msr_entry)];
        *(ulong*)buffer = 1;
        *(kvm_msr_entry*)(buffer + 8) = entry;
        return KvmIo.TryCall(fd, KvmIoctl.KVM_SET_MSRS, (nint)buffer) == 1;
    }
}
