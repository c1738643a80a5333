using System;

namespace Limber.Kvm;

/// <summary>
/// Model-specific registers that a reset must return to their power-on value: all that a guest kernel sets and that
/// change what a CPU does after it. The time-stamp counter is not among them: it runs on, as on hardware that is reset.
/// </summary>
internal static class KvmResetMsrs
{
    /// <summary>Registers by number; those a host lacks are skipped.</summary>
    public static ReadOnlySpan<uint> All =>
    [
        // Intel SDM volume 4 and AMD APM volume 2, appendix A: system calls, segments, page attributes, debugging.
        0x00000174, 0x00000175, 0x00000176, // SYSENTER_CS, _ESP, _EIP
        0xC0000081, 0xC0000082, 0xC0000083, 0xC0000084, // STAR, LSTAR, CSTAR, SFMASK
        0xC0000102, 0xC0000103, // KERNEL_GS_BASE, TSC_AUX
        0x000001A0, // MISC_ENABLE
        0x00000277, // PAT
        0x000001D9, // DEBUGCTL
        0x00000048, 0x00000140, // SPEC_CTRL, MISC_FEATURES_ENABLES
        0x00000DA0, // XSS
        0x0000003B, 0x000006E0, // TSC_ADJUST, TSC_DEADLINE
        0x0000017A, 0x0000017B, // MCG_STATUS, MCG_CTL
        0xC0010015, 0xC0010117, // HWCR, VM_HSAVE_PA

        // Memory type ranges.
        0x00000200, 0x00000201, 0x00000202, 0x00000203, 0x00000204, 0x00000205, 0x00000206, 0x00000207,
        0x00000208, 0x00000209, 0x0000020A, 0x0000020B, 0x0000020C, 0x0000020D, 0x0000020E, 0x0000020F,
        0x00000250, 0x00000258, 0x00000259, 0x00000268, 0x00000269, 0x0000026A, 0x0000026B, 0x0000026C,
        0x0000026D, 0x0000026E, 0x0000026F, 0x000002FF,

        // KVM's own (Documentation/virt/kvm/x86/msr.rst). The kernel writes to guest memory through these: a reset
        // guest must not find its memory changed by what the one before it had asked for.
        0x00000011, 0x00000012, 0x4B564D00, 0x4B564D01, // WALL_CLOCK, SYSTEM_TIME, and their new numbers
        0x4B564D02, 0x4B564D03, 0x4B564D04, 0x4B564D05, 0x4B564D06, // ASYNC_PF_EN, STEAL_TIME, PV_EOI_EN, POLL_CONTROL, ASYNC_PF_INT
    ];
}
