// The structures of linux/kvm.h (and asm/kvm.h for x86) that Limber exchanges with the kernel, in their native
// spelling. Sizes and offsets are compared with what the C compiler says by Limber.Interop.Tests.
using System.Runtime.InteropServices;

namespace Limber.Interop.Kvm;

#pragma warning disable CA1051 // These are the kernel's structures: fields are the interface.

[StructLayout(LayoutKind.Sequential)]
public struct kvm_userspace_memory_region
{
    public const uint KVM_MEM_READONLY = 2;

    public uint slot;
    public uint flags;
    public ulong guest_phys_addr;
    public ulong memory_size;
    public ulong userspace_addr;
}

[StructLayout(LayoutKind.Sequential)]
public struct kvm_irq_level
{
    public uint irq;
    public uint level;
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_pit_config
{
    /// <summary>Let the kernel answer the speaker port (0x61), which calibration loops read.</summary>
    public const uint KVM_PIT_SPEAKER_DUMMY = 1;

    public uint flags;
    private fixed uint pad[15];
}

[StructLayout(LayoutKind.Sequential)]
public struct kvm_regs
{
    public ulong rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp;
    public ulong r8, r9, r10, r11, r12, r13, r14, r15;
    public ulong rip, rflags;
}

[StructLayout(LayoutKind.Sequential)]
public struct kvm_segment
{
    public ulong @base;
    public uint limit;
    public ushort selector;
    public byte type;
    public byte present, dpl, db, s, l, g, avl;
    public byte unusable;
    private byte padding;
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_dtable
{
    public ulong @base;
    public ushort limit;
    private fixed ushort padding[3];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_sregs
{
    public kvm_segment cs, ds, es, fs, gs, ss;
    public kvm_segment tr, ldt;
    public kvm_dtable gdt, idt;
    public ulong cr0, cr2, cr3, cr4, cr8;
    public ulong efer;
    public ulong apic_base;
    public fixed ulong interrupt_bitmap[4];
}

[StructLayout(LayoutKind.Sequential)]
public struct kvm_msr_entry
{
    public uint index;
    private uint reserved;
    public ulong data;
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_cpuid_entry2
{
    public uint function;
    public uint index;
    public uint flags;
    public uint eax, ebx, ecx, edx;
    private fixed uint padding[3];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_lapic_state
{
    public fixed byte regs[1024];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_vcpu_events
{
    private fixed byte bytes[64];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_debugregs
{
    private fixed ulong words[16];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_xsave
{
    private fixed byte region[4096];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_xcrs
{
    public uint nr_xcrs;
    public uint flags;
    private fixed byte xcrs[384];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_irqchip
{
    public uint chip_id;
    private uint pad;
    public fixed byte chip[512];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_pit_state2
{
    private fixed byte bytes[112];
}

#pragma warning restore CA1051
