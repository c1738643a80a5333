using Limber.Boot;
using Limber.Interop.Kvm;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>Puts the first processor where the boot protocol wants it.</summary>
internal static class BootRegisterWriter
{
    private const uint MsrMtrrDefaultType = 0x2FF;
    private const ulong MtrrEnabledWriteBack = 0x806;

    /// <summary>Writes the registers of a vCPU in its power-on state.</summary>
    public static void Write(KvmVcpu vcpu, BootRegisters boot)
    {
        kvm_sregs system = vcpu.GetSystemRegisters();
        system.cs = ToKvm(boot.Code);
        system.ds = system.es = system.fs = system.gs = system.ss = ToKvm(boot.Data);
        system.tr = ToKvm(boot.Task);
        system.ldt = new kvm_segment { unusable = 1 };
        system.gdt.@base = boot.GdtBase;
        system.gdt.limit = boot.GdtLimit;
        system.idt.@base = 0;
        system.idt.limit = boot.IdtLimit;
        system.cr0 = boot.Cr0;
        system.cr3 = boot.Cr3;
        system.cr4 = boot.Cr4;
        system.efer = boot.Efer;
        vcpu.SetSystemRegisters(system);
        vcpu.SetRegisters(new kvm_regs
        {
            rip = boot.Rip,
            rflags = boot.Rflags,
            rsp = boot.Rsp,
            rsi = boot.Rsi,
            rbx = boot.Rbx,
        });
    }

    /// <summary>
    /// Registers of every processor as firmware leaves them. Memory is cacheable: a kernel that is started directly takes an
    /// unset default for uncached.
    /// </summary>
    public static (uint Index, ulong Value)[] FirmwareMsrs { get; } = [(MsrMtrrDefaultType, MtrrEnabledWriteBack)];

    private static kvm_segment ToKvm(BootSegment segment) => new()
    {
        selector = segment.Selector,
        @base = segment.Base,
        limit = segment.Limit,
        type = segment.Type,
        s = Flag(segment.IsCodeOrData),
        l = Flag(segment.Is64Bit),
        db = Flag(segment.Is32Bit),
        g = Flag(segment.IsPageGranular),
        present = 1,
    };

    private static byte Flag(bool value) => value ? (byte)1 : (byte)0;
}
