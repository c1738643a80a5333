using System;

namespace Limber.Kvm;

/// <summary>
/// Model-specific registers that a reset must return to their power-on value: all that a guest kernel sets and that
/// change what a CPU does after it. The time-stamp counter is not among them: see <see cref="KvmVcpuResetState.Restore"/>.
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
        0x00000DA0, 0x000001C4, 0x000001C5, // XSS, XFD, XFD_ERR
        0x0000009E, // SMBASE: a guest can send itself a system management interrupt, and move where the next one goes
        0x0000003B, 0x000006E0, // TSC_ADJUST, TSC_DEADLINE
        0x0000017A, 0x0000017B, // MCG_STATUS, MCG_CTL
        0xC0010015, 0xC0010117, // HWCR, VM_HSAVE_PA

        // Performance counters: the control registers before the events, the events before the counts. A processor that is
        // plugged in again must not begin with the counters of its former life running.
        0x0000038F, 0x0000038D, 0xC0000301, // PERF_GLOBAL_CTRL, FIXED_CTR_CTRL, PerfCntrGlobalCtl
        0x00000186, 0x00000187, 0x00000188, 0x00000189, 0x0000018A, 0x0000018B, 0x0000018C, 0x0000018D, // PERFEVTSEL
        0x000000C1, 0x000000C2, 0x000000C3, 0x000000C4, 0x000000C5, 0x000000C6, 0x000000C7, 0x000000C8, // PMC
        0x00000309, 0x0000030A, 0x0000030B, // FIXED_CTR
        0xC0010000, 0xC0010001, 0xC0010002, 0xC0010003, 0xC0010004, 0xC0010005, 0xC0010006, 0xC0010007, // K7 PerfEvtSel, PerfCtr
        0xC0010200, 0xC0010201, 0xC0010202, 0xC0010203, 0xC0010204, 0xC0010205, // PERF_CTL and PERF_CTR by turns
        0xC0010206, 0xC0010207, 0xC0010208, 0xC0010209, 0xC001020A, 0xC001020B,

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
