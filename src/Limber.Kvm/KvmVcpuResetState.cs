using System;
using Limber.Interop.Kvm;

namespace Limber.Kvm;

/// <summary>
/// The power-on state of a vCPU as the kernel made it. KVM has no request to reset a vCPU, so its own fresh state is
/// written back: at a machine reset, and when a parked vCPU is plugged in again.
/// </summary>
internal sealed unsafe class KvmVcpuResetState
{
    private const int LapicIdRegister = 0x20;
    private const uint MsrTimeStampCounter = 0x10;
    private const uint MsrFeatureControl = 0x3A;
    private const ulong ApicBaseX2Apic = 1 << 10;

    private kvm_regs regs;
    private kvm_sregs sregs;
    private kvm_xsave xsave;
    private kvm_xcrs xcrs;
    private kvm_debugregs debugRegisters;
    private kvm_vcpu_events events;
    private kvm_lapic_state lapic;
    private uint mpState;
    private kvm_msr_entry[] msrs = [];

    private KvmVcpuResetState() { }

    /// <summary>The model-specific registers of this state.</summary>
    public uint[] GetMsrIndexes() => Array.ConvertAll(msrs, m => m.index);

    /// <summary>Reads the state of a vCPU that never ran and whose CPUID is set.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="x2Apic">Start in x2APIC mode. The kernel's own fresh state is always xAPIC mode.</param>
    /// <param name="msrs">Model-specific registers; those that the host lacks are left out.</param>
    public static KvmVcpuResetState Capture(KvmVcpu vcpu, bool x2Apic, ReadOnlySpan<uint> msrs)
    {
        var state = new KvmVcpuResetState();
        vcpu.Get(KvmIoctl.KVM_GET_REGS, ref state.regs);
        vcpu.Get(KvmIoctl.KVM_GET_SREGS, ref state.sregs);
        if (x2Apic)
        {
            // Before the APIC is read: its registers have another form then.
            state.sregs.apic_base |= ApicBaseX2Apic;
            vcpu.Set(KvmIoctl.KVM_SET_SREGS, ref state.sregs);
        }

        vcpu.Get(KvmIoctl.KVM_GET_XSAVE, ref state.xsave);
        vcpu.Get(KvmIoctl.KVM_GET_XCRS, ref state.xcrs);
        vcpu.Get(KvmIoctl.KVM_GET_DEBUGREGS, ref state.debugRegisters);
        vcpu.Get(KvmIoctl.KVM_GET_VCPU_EVENTS, ref state.events);
        vcpu.Get(KvmIoctl.KVM_GET_LAPIC, ref state.lapic);
        vcpu.Get(KvmIoctl.KVM_GET_MP_STATE, ref state.mpState);
        state.msrs = vcpu.Msrs.Read(msrs);
        return state;
    }

    /// <summary>
    /// Writes the state to a vCPU that is outside the kernel and has no unfinished access.
    /// Order: the APIC base before the APIC, the APIC before the deadline timer's register.
    /// </summary>
    public void Restore(KvmVcpu vcpu)
    {
        // A guest that is a hypervisor itself: on Intel this ends its VMX operation, without which the kernel refuses a CR4
        // that has VMX off. On AMD, where the register does not exist, the EFER below does the same.
        vcpu.Msrs.Write([new kvm_msr_entry { index = MsrFeatureControl }]);
        vcpu.Set(KvmIoctl.KVM_SET_SREGS, ref sregs);
        vcpu.Set(KvmIoctl.KVM_SET_REGS, ref regs);

        // A host without XSAVE has none, and refuses even that.
        if (xcrs.nr_xcrs != 0)
        {
            vcpu.Set(KvmIoctl.KVM_SET_XCRS, ref xcrs);
        }

        vcpu.Set(KvmIoctl.KVM_SET_XSAVE, ref xsave);
        vcpu.Set(KvmIoctl.KVM_SET_DEBUGREGS, ref debugRegisters);
        kvm_lapic_state ownLapic = lapic;

        // Eight bits on top in xAPIC mode; the whole register in x2APIC mode, where the kernel compares it with the vCPU.
        bool x2Apic = (sregs.apic_base & ApicBaseX2Apic) != 0;
        *(uint*)(ownLapic.regs + LapicIdRegister) = x2Apic ? vcpu.ApicId : unchecked(vcpu.ApicId << 24);
        vcpu.Set(KvmIoctl.KVM_SET_LAPIC, ref ownLapic);
        vcpu.Msrs.Write(msrs);

        // To the kernel, a zero from the host means "as the other vCPUs": the counter runs on, and what the guest added to it
        // on this processor alone is gone.
        vcpu.Msrs.Write([new kvm_msr_entry { index = MsrTimeStampCounter }]);
        vcpu.Set(KvmIoctl.KVM_SET_VCPU_EVENTS, ref events);
        vcpu.Set(KvmIoctl.KVM_SET_MP_STATE, ref mpState);
    }
}
