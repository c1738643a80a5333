using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Interop;
using Limber.Interop.Kvm;
using Limber.Memory;

namespace Limber.Kvm;

/// <summary>
/// One virtual machine in the kernel: memory slots, the in-kernel interrupt controllers and timer, and vCPUs.
/// </summary>
/// <remarks>Thread: any, the kernel serializes what has to be; but <see cref="CreateVcpu"/> by one thread at a time.</remarks>
public sealed unsafe class KvmVm : IDisposable
{
    private const int ChipCount = 3; // two 8259 and the IOAPIC

    private readonly KvmSystem system;
    private readonly FileDescriptor fd;
    private readonly kvm_irqchip[] pristineChips = new kvm_irqchip[ChipCount];
    private readonly Dictionary<uint, FileDescriptor> unmapped = [];
    private kvm_pit_state2 pristineTimer;
    private IoApicForwarder? forwarder;
    private KvmVcpuResetState? bootProcessorState;
    private KvmVcpuResetState? otherProcessorState;

    internal KvmVm(KvmSystem system, FileDescriptor fd)
    {
        this.system = system;
        this.fd = fd;
        MemorySlots = new KvmMemorySlots(this, system.MaxMemorySlots);
    }

    /// <summary>What the guest sees of the host's memory.</summary>
    public KvmMemorySlots MemorySlots { get; }

    /// <summary>Where message-signalled interrupts come from.</summary>
    /// <remarks>Before <see cref="CreatePlatform"/> there is no interrupt controller that they could reach.</remarks>
    public KvmMsiController CreateMsiController() => new(this, system.MaxInterruptRoutes);

    /// <summary>Where guest writes become events.</summary>
    public KvmDoorbellController CreateDoorbellController() => new(this, system.HasAnyLengthDoorbells);

    /// <summary>
    /// Creates the 8259 pair, IOAPIC, 8254 and places the pages Intel hosts need for real mode.
    /// Must come before the first vCPU.
    /// </summary>
    /// <param name="realModePages">Four pages of guest address space below 4 GiB without RAM.</param>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public void CreatePlatform(GuestAddress realModePages)
    {
        ulong identityMap = realModePages.Value;
        _ = KvmIo.Call(fd, KvmIoctl.KVM_SET_IDENTITY_MAP_ADDR, ref identityMap, "cannot place the identity map page");
        _ = KvmIo.Call(fd, KvmIoctl.KVM_SET_TSS_ADDR, checked((nint)(realModePages.Value + 0x1000)), "cannot place the TSS pages");
        _ = KvmIo.Call(fd, KvmIoctl.KVM_CREATE_IRQCHIP, 0, "cannot create the interrupt controllers");
        kvm_pit_config timer = new() { flags = kvm_pit_config.KVM_PIT_SPEAKER_DUMMY };
        _ = KvmIo.Call(fd, KvmIoctl.KVM_CREATE_PIT2, ref timer, "cannot create the timer");
        CapturePlatform();
    }

    /// <summary>True when APIC ids may be 255 and more, and all vCPUs start in x2APIC mode.</summary>
    public bool HasX2ApicIds => forwarder is not null;

    /// <summary>
    /// Makes room for APIC ids from 255 on (docs/decisions/0005-x2apic.md). All vCPUs then start in x2APIC mode, which is how
    /// firmware hands processors over when one of them has such an id, and guests may use extended destination ids.
    /// Must come before the first vCPU.
    /// </summary>
    /// <exception cref="KvmException">The kernel lacks KVM_CAP_X2APIC_API.</exception>
    public void EnableX2ApicIds()
    {
        kvm_enable_cap capability = new() { cap = KvmCapability.KVM_CAP_X2APIC_API };
        capability.args[0] = kvm_enable_cap.KVM_X2APIC_API_USE_32BIT_IDS | kvm_enable_cap.KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
        _ = KvmIo.Call(fd, KvmIoctl.KVM_ENABLE_CAP, ref capability, "cannot enable APIC ids from 255 on (KVM_CAP_X2APIC_API)");
        forwarder = new IoApicForwarder(this);
    }

    /// <summary>Returns interrupt controllers and timer to their power-on state. No vCPU may run.</summary>
    public void ResetPlatform()
    {
        for (int i = 0; i < ChipCount; i++)
        {
            _ = KvmIo.Call(fd, KvmIoctl.KVM_SET_IRQCHIP, ref pristineChips[i], "cannot reset an interrupt controller");
        }

        _ = KvmIo.Call(fd, KvmIoctl.KVM_SET_PIT2, ref pristineTimer, "cannot reset the timer");
    }

    /// <summary>Creates a vCPU in its power-on state. It can't be destroyed before the machine is.</summary>
    /// <param name="apicId">Its APIC id, which is also its KVM id.</param>
    /// <exception cref="KvmException">The id is taken, or the host is out of something.</exception>
    public KvmVcpu CreateVcpu(uint apicId)
    {
        if (!unmapped.Remove(apicId, out FileDescriptor? vcpu))
        {
            vcpu = new FileDescriptor(
                KvmIo.Call(fd, KvmIoctl.KVM_CREATE_VCPU, checked((nint)apicId), $"cannot create the vCPU with APIC id {apicId}"));
        }

        try
        {
            return new KvmVcpu(this, vcpu, apicId, system.VcpuMappingSize);
        }
        catch
        {
            // The kernel has it for good, and would say that the id is taken.
            unmapped.Add(apicId, vcpu);
            throw;
        }
    }

    /// <summary>Drives one global system interrupt. No effect when the machine is gone: a back end may be late.</summary>
    public void SetInterrupt(uint gsi, bool asserted)
    {
        if (forwarder is not null && forwarder.TryForward(gsi, asserted))
        {
            return;
        }

        kvm_irq_level level = new() { irq = gsi, level = asserted ? 1u : 0u };
        try
        {
            _ = KvmIo.TryCall(fd, KvmIoctl.KVM_IRQ_LINE, (nint)(&level));
        }
        catch (ObjectDisposedException)
        {
            // Nobody is there to be interrupted.
        }
    }

    /// <summary>Closes the machine. All vCPUs must have been disposed and no thread may be inside the kernel for it.</summary>
    public void Dispose()
    {
        foreach (FileDescriptor vcpu in unmapped.Values)
        {
            vcpu.Dispose();
        }

        fd.Dispose();
    }

    /// <summary>
    /// What a fresh vCPU looks like, captured from the first of its kind: all of them begin alike but for the APIC id.
    /// </summary>
    internal KvmVcpuResetState GetResetState(KvmVcpu fresh)
    {
        ref KvmVcpuResetState? state = ref fresh.IsBootProcessor ? ref bootProcessorState : ref otherProcessorState;
        if (Volatile.Read(ref state) is { } captured)
        {
            return captured;
        }

        // What the host has the boot processor has shown, and asking for it takes one request instead of one a gap: the other kind is
        // captured at the first plug, while its client waits.
        ReadOnlySpan<uint> msrs = Volatile.Read(ref bootProcessorState) is { } boot ? boot.GetMsrIndexes() : KvmResetMsrs.All;
        KvmVcpuResetState capture = KvmVcpuResetState.Capture(fresh, HasX2ApicIds, msrs);
        return Interlocked.CompareExchange(ref state, capture, null) ?? capture;
    }

    private void CapturePlatform()
    {
        for (int i = 0; i < ChipCount; i++)
        {
            pristineChips[i].chip_id = (uint)i;
            _ = KvmIo.Call(fd, KvmIoctl.KVM_GET_IRQCHIP, ref pristineChips[i], "cannot read an interrupt controller");
        }

        _ = KvmIo.Call(fd, KvmIoctl.KVM_GET_PIT2, ref pristineTimer, "cannot read the timer");
    }

    /// <summary>Performs a request on the machine.</summary>
    internal int Call<T>(uint request, ref T argument, string what)
        where T : unmanaged => KvmIo.Call(fd, request, ref argument, what);

    /// <summary>Performs a request on the machine; negative when the kernel refused or the machine is gone.</summary>
    internal int TryCall(uint request, void* argument)
    {
        try
        {
            return KvmIo.TryCall(fd, request, (nint)argument);
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }

    internal void SetMemorySlot(uint slot, GuestRange range, nint hostAddress, bool readOnly)
    {
        kvm_userspace_memory_region region = new()
        {
            slot = slot,
            flags = readOnly ? kvm_userspace_memory_region.KVM_MEM_READONLY : 0,
            guest_phys_addr = range.Start.Value,
            memory_size = range.Length,
            userspace_addr = (ulong)hostAddress,
        };
        _ = KvmIo.Call(
            fd, KvmIoctl.KVM_SET_USER_MEMORY_REGION, ref region, $"cannot map {range.Length} bytes at {range.Start} in memory slot {slot}");
    }
}
