using System.Collections.Generic;
using System.Linq;

namespace Limber.Cpu.Tests;

/// <summary>
/// Lists in the shape of KVM_GET_SUPPORTED_CPUID, with the traits a real host has: its own ids in the
/// topology leaves, zero leaves in between, and KVM's leaves at the end.
/// </summary>
internal static class Hosts
{
    internal static CpuidHostCapabilities Capabilities { get; } = new() { TscDeadlineTimer = true };

    internal static IReadOnlyList<CpuidEntry> Amd { get; } = Make(
        CpuVendor.Amd,
        level: 0x10,
        extendedLevel: 0x80000021,
        signature: 0x00a00f11,
        brand: "AMD EPYC 7763 64-Core Processor",
        CpuFeatureSet.Parse(
            "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht " +
            "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt aes xsave avx f16c rdrand hypervisor arat " +
            "fsgsbase tsc-adjust bmi1 avx2 smep bmi2 erms invpcid rdseed adx smap clflushopt clwb sha-ni umip pku vaes vpclmulqdq " +
            "rdpid fsrm xsaveopt xsavec xgetbv1 xsaves syscall nx mmxext fxsr-opt pdpe1gb rdtscp lm lahf-lm cmp-legacy svm " +
            "cr8legacy abm sse4a misalignsse 3dnowprefetch osvw topoext perfctr-core invtsc clzero xsaveerptr wbnoinvd ibpb " +
            "ibrs amd-stibp amd-ssbd virt-ssbd npt lbrv nrip-save tsc-scale vmcb-clean flushbyasid decodeassists pause-filter " +
            "pfthreshold v-vmsave-vmload vgif kvmclock kvmclock-stable-bit kvm-nopiodelay kvm-mmu kvm-asyncpf kvm-steal-time " +
            "kvm-pv-eoi kvm-pv-unhalt kvm-pv-tlb-flush kvm-pv-ipi kvm-poll-control kvm-pv-sched-yield kvm-asyncpf-int"),
        [
            new(0x8000001d, 0, 1, 0x00004121, 0x01c0003f, 0x0000003f, 0),
            new(0x8000001d, 1, 1, 0x00004122, 0x01c0003f, 0x0000003f, 0),
            new(0x8000001d, 2, 1, 0x00004143, 0x01c0003f, 0x000003ff, 2),
            new(0x8000001d, 3, 1, 0x0003c163, 0x03c0003f, 0x00007fff, 1),
            new(0x8000001d, 4, 1, 0, 0, 0, 0),
            new(0x8000001e, 0, 0, 0x00000025, 0x00000112, 0x00000001, 0),
            new(0xb, 0, 1, 1, 2, 0x100, 0x25),
            new(0xb, 1, 1, 7, 0x80, 0x201, 0x25),
            .. Xsave(0x207, (2, 0x100, 0x240, 0), (9, 8, 0x980, 0)),
        ]);

    internal static IReadOnlyList<CpuidEntry> Intel { get; } = Make(
        CpuVendor.Intel,
        level: 0x1b,
        extendedLevel: 0x80000008,
        signature: 0x000606a6,
        brand: "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz",
        CpuFeatureSet.Parse(
            "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht " +
            "pni pclmulqdq vmx ssse3 fma cx16 pdcm pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c rdrand hypervisor " +
            "arat fsgsbase tsc-adjust sgx bmi1 avx2 smep bmi2 erms invpcid avx512f avx512dq rdseed adx smap avx512ifma clflushopt clwb " +
            "avx512cd sha-ni avx512bw avx512vl avx512vbmi umip pku avx512vbmi2 gfni vaes vpclmulqdq avx512vnni avx512bitalg " +
            "avx512-vpopcntdq la57 rdpid sgxlc fsrm md-clear spec-ctrl stibp arch-capabilities ssbd xsaveopt xsavec xgetbv1 xsaves " +
            "syscall nx pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch invtsc wbnoinvd ibpb ibrs amd-stibp amd-ssbd kvmclock " +
            "kvmclock-stable-bit kvm-nopiodelay kvm-mmu kvm-asyncpf kvm-steal-time kvm-pv-eoi kvm-pv-unhalt kvm-pv-tlb-flush " +
            "kvm-pv-ipi kvm-poll-control kvm-pv-sched-yield kvm-asyncpf-int"),
        [
            new(0x4, 0, 1, 0xfc004121, 0x02c0003f, 0x0000003f, 0),
            new(0x4, 1, 1, 0xfc004122, 0x01c0003f, 0x0000003f, 0),
            new(0x4, 2, 1, 0xfc004143, 0x04c0003f, 0x000003ff, 0),
            new(0x4, 3, 1, 0xfc0fc163, 0x02c0003f, 0x0000ffff, 4),
            new(0x4, 4, 1, 0, 0, 0, 0),
            new(0xa, 0, 0, 0x08300802, 0, 0, 0x00000603),
            new(0xb, 0, 1, 1, 2, 0x100, 0x0d),
            new(0xb, 1, 1, 6, 0x40, 0x201, 0x0d),
            new(0x12, 0, 1, 1, 0, 0, 0x241f),
            new(0x15, 0, 0, 2, 0xe8, 0x17d7840, 0),
            new(0x16, 0, 0, 0xb54, 0xdac, 0x64, 0),
            new(0x1f, 0, 1, 1, 2, 0x100, 0x0d),
            .. Xsave(0x2e7, (2, 0x100, 0x240, 0), (5, 0x40, 0x440, 0), (6, 0x200, 0x480, 0), (7, 0x400, 0x680, 0), (9, 8, 0xa80, 0)),
        ]);

    /// <summary>
    /// Captured on a nested host: no XSAVE although leaf 0xD is there, no brand string, and the TSC
    /// deadline in the list itself. Leaves that are zero are left out.
    /// </summary>
    internal static IReadOnlyList<CpuidEntry> Nested { get; } =
    [
        new(0x00000000, 0, 0, 0x0000001c, 0x68747541, 0x444d4163, 0x69746e65),
        new(0x00000001, 0, 0, 0x00b00f21, 0x01020800, 0x81202000, 0x078bfbff),
        new(0x00000006, 0, 0, 0x00000004, 0x00000000, 0x00000000, 0x00000000),
        new(0x00000007, 0, 1, 0x00000001, 0x01800002, 0x00000104, 0x20000000),
        new(0x0000000b, 0, 1, 0x00000000, 0x00000000, 0x00000000, 0x00000001),
        new(0x0000000d, 0, 1, 0x000000e7, 0x00000980, 0x00000980, 0x00000000),
        new(0x0000000d, 2, 1, 0x00000100, 0x00000240, 0x00000000, 0x00000000),
        new(0x0000000d, 5, 1, 0x00000040, 0x00000340, 0x00000000, 0x00000000),
        new(0x0000000d, 6, 1, 0x00000200, 0x00000380, 0x00000000, 0x00000000),
        new(0x0000000d, 7, 1, 0x00000400, 0x00000580, 0x00000000, 0x00000000),
        new(0x80000000, 0, 0, 0x80000021, 0x68747541, 0x444d4163, 0x69746e65),
        new(0x80000001, 0, 0, 0x00b00f21, 0x40000000, 0x00400393, 0x23d3fbff),
        new(0x80000005, 0, 0, 0xff60ff40, 0xff60ff40, 0x300c0140, 0x20080140),
        new(0x80000006, 0, 0, 0x40802040, 0x60804040, 0x04008140, 0x0c009140),
        new(0x80000007, 0, 0, 0x00000000, 0x00000000, 0x00000000, 0x00000100),
        new(0x80000008, 0, 0, 0x00003030, 0x50020005, 0x00007001, 0x00000000),
        new(0x8000001a, 0, 0, 0x00000002, 0x00000000, 0x00000000, 0x00000000),
        new(0x8000001d, 0, 1, 0x00000121, 0x02c0003f, 0x0000003f, 0x00000000),
        new(0x8000001d, 1, 1, 0x00000122, 0x01c0003f, 0x0000003f, 0x00000000),
        new(0x8000001d, 2, 1, 0x00000143, 0x03c0003f, 0x000003ff, 0x00000002),
        new(0x8000001d, 3, 1, 0x00004163, 0x03c0003f, 0x00007fff, 0x00000001),
        new(0x80000021, 0, 0, 0x00000204, 0x00000000, 0x00000006, 0x00000000),
        new(0x40000000, 0, 0, 0x40000001, 0x4b4d564b, 0x564b4d56, 0x0000004d),
        new(0x40000001, 0, 0, 0x01007efb, 0x00000000, 0x00000000, 0x00000000),
    ];

    internal static IReadOnlyList<CpuidEntry> ByName(string name) =>
        name switch { "amd" => Amd, "nested" => Nested, _ => Intel };

    internal static CpuidEntry Leaf(this IEnumerable<CpuidEntry> entries, uint function, uint index = 0) =>
        entries.SingleOrDefault(e => e.Function == function && e.Index == index, new(function, index, 0, 0, 0, 0, 0));

    private static CpuidEntry[] Xsave(uint states, params (uint Index, uint Size, uint Offset, uint Flags)[] areas) =>
    [
        new(0xd, 0, 1, states, 0x240, areas.Max(a => a.Size + a.Offset), 0),
        new(0xd, 1, 1, 0xf, 0x240, 0x1800, 0),
        .. areas.Select(a => new CpuidEntry(0xd, a.Index, 1, a.Size, a.Offset, a.Flags, 0)),
    ];

    private static List<CpuidEntry> Make(
        CpuVendor vendor, uint level, uint extendedLevel, uint signature, string brand, CpuFeatureSet features, CpuidEntry[] special)
    {
        CpuidTable table = new();
        foreach (CpuFeatureWord word in CpuFeatureWord.All)
        {
            table.SetWord(word, features[word]);
        }

        foreach (CpuidEntry entry in special)
        {
            table.Set(entry);
        }

        (uint ebx, uint ecx, uint edx) = vendor.ToRegisters();
        table.Set(0, level, ebx, ecx, edx);
        table.Set(0x80000000, extendedLevel, ebx, ecx, edx);
        table.Set(table.Get(1) with { Eax = signature, Ebx = 0x25200800 });
        table.Set(table.Get(0x80000001) with { Eax = signature });
        table.Set(table.Get(0x80000008) with { Eax = 0x3930, Ecx = 0x703f });
        table.Set(0x40000000, 0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d);
        new CpuIdentity(vendor, signature, System.Text.Encoding.ASCII.GetBytes(brand.PadRight(48, '\0'))).AddBrand(table);
        for (uint function = 0; function <= level; function++)
        {
            if (table.Get(function).IsZero)
            {
                table.Set(function, 0, 0, 0, 0);
            }
        }

        return [.. table.ToArray()];
    }
}
