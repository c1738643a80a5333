using Limber.Control;
using Limber.Interop.Kvm;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>Turns the kernel's view of a parked vCPU into the clients'.</summary>
internal static class RegisterReader
{
    // Documentation/virt/kvm/api.rst, 4.38.
    private const uint MpStateUninitialized = 1;
    private const uint MpStateInitReceived = 2;
    private const uint MpStateHalted = 3;

    /// <exception cref="KvmException">The kernel refuses.</exception>
    public static CpuRegisters Read(int index, KvmVcpu vcpu)
    {
        kvm_regs r = vcpu.GetRegisters();
        kvm_sregs s = vcpu.GetSystemRegisters();
        return new CpuRegisters(
            index,
            ToActivity(vcpu.GetMpState()),
            [r.rax, r.rcx, r.rdx, r.rbx, r.rsp, r.rbp, r.rsi, r.rdi, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15],
            r.rip,
            r.rflags,
            s.cs.selector,
            s.cs.@base,
            s.ss.dpl,
            s.cr0,
            s.cr2,
            s.cr3,
            s.cr4,
            s.efer,
            s.apic_base);
    }

    private static CpuActivity ToActivity(uint mpState) => mpState switch
    {
        MpStateUninitialized => CpuActivity.WaitingForInit,
        MpStateInitReceived => CpuActivity.WaitingForSipi,
        MpStateHalted => CpuActivity.Halted,
        _ => CpuActivity.Running,
    };
}
