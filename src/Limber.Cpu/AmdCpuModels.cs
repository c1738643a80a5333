namespace Limber.Cpu;

/// <summary>
/// AMD models and the plain 64-bit AMD one. One more model is one more row; a version states only
/// what changed against the version before it.
/// </summary>
internal static class AmdCpuModels
{
    internal static CpuModelFamily[] Rows { get; } =
    [
        new CpuModelFamily("qemu64", CpuVendor.Amd, 15, 107, 1, "QEMU Virtual CPU version 2.5+")
        {
            Level = 0xd,
            ExtendedLevel = 0x8000000a,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 pni cx16 " +
                "syscall nx lm lahf-lm svm",
        },
        new CpuModelFamily("EPYC", CpuVendor.Amd, 23, 1, 2, "AMD EPYC Processor")
        {
            Level = 0xd,
            ExtendedLevel = 0x8000001e,
            Caches = CpuCaches.AmdZen,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq monitor ssse3 fma cx16 sse4.1 sse4.2 movbe popcnt aes xsave avx f16c rdrand arat " +
                "fsgsbase bmi1 avx2 smep bmi2 rdseed adx smap clflushopt sha-ni xsaveopt xsavec xgetbv1 syscall nx " +
                "mmxext fxsr-opt pdpe1gb rdtscp lm lahf-lm svm cr8legacy abm sse4a misalignsse 3dnowprefetch osvw " +
                "topoext npt nrip-save",
            Versions =
            [
                new("+ibpb") { Alias = "EPYC-IBPB", ModelId = "AMD EPYC Processor (with IBPB)" },
                new("+xsaves +perfctr-core +clzero +xsaveerptr") { ModelId = "AMD EPYC Processor" },
                new("") { ModelId = "AMD EPYC-v4 Processor" },
            ],
        },
        new CpuModelFamily("EPYC-Rome", CpuVendor.Amd, 23, 49, 0, "AMD EPYC-Rome Processor")
        {
            Level = 0xd,
            ExtendedLevel = 0x8000001e,
            Caches = CpuCaches.AmdZen2,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq monitor ssse3 fma cx16 sse4.1 sse4.2 movbe popcnt aes xsave avx f16c rdrand arat " +
                "fsgsbase bmi1 avx2 smep bmi2 rdseed adx smap clflushopt clwb sha-ni umip rdpid xsaveopt xsavec " +
                "xgetbv1 xsaves syscall nx mmxext fxsr-opt pdpe1gb rdtscp lm lahf-lm svm cr8legacy abm sse4a " +
                "misalignsse 3dnowprefetch osvw topoext perfctr-core clzero xsaveerptr wbnoinvd ibpb amd-stibp npt " +
                "nrip-save",
            Versions =
            [
                new("+ibrs +amd-ssbd"),
                new("") { ModelId = "AMD EPYC-Rome-v3 Processor" },
                new("-xsaves") { ModelId = "AMD EPYC-Rome-v4 Processor (no XSAVES)" },
            ],
        },
        new CpuModelFamily("EPYC-Milan", CpuVendor.Amd, 25, 1, 1, "AMD EPYC-Milan Processor")
        {
            Level = 0xd,
            ExtendedLevel = 0x8000001e,
            Caches = CpuCaches.AmdZen3,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq monitor ssse3 fma cx16 pcid sse4.1 sse4.2 movbe popcnt aes xsave avx f16c rdrand arat " +
                "fsgsbase bmi1 avx2 smep bmi2 erms invpcid rdseed adx smap clflushopt clwb sha-ni umip pku rdpid fsrm " +
                "xsaveopt xsavec xgetbv1 xsaves syscall nx mmxext fxsr-opt pdpe1gb rdtscp lm lahf-lm svm cr8legacy " +
                "abm sse4a misalignsse 3dnowprefetch osvw topoext perfctr-core clzero xsaveerptr wbnoinvd ibpb ibrs " +
                "amd-stibp amd-ssbd npt nrip-save svme-addr-chk",
            Versions =
            [
                new("+vaes +vpclmulqdq +stibp-always-on +amd-psfd +no-nested-data-bp +lfence-always-serializing +null-sel-clr-base")
                {
                    ModelId = "AMD EPYC-Milan-v2 Processor",
                },
            ],
        },
        new CpuModelFamily("EPYC-Genoa", CpuVendor.Amd, 25, 17, 0, "AMD EPYC-Genoa Processor")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000022,
            Caches = CpuCaches.AmdZen3,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq monitor ssse3 fma cx16 pcid sse4.1 sse4.2 movbe popcnt aes xsave avx f16c rdrand " +
                "fsgsbase bmi1 avx2 smep bmi2 erms invpcid avx512f avx512dq rdseed adx smap avx512ifma clflushopt " +
                "clwb avx512cd sha-ni avx512bw avx512vl avx512vbmi umip pku avx512vbmi2 gfni vaes vpclmulqdq " +
                "avx512vnni avx512bitalg avx512-vpopcntdq la57 rdpid fsrm avx512-bf16 syscall nx mmxext fxsr-opt " +
                "pdpe1gb rdtscp lm lahf-lm svm cr8legacy abm sse4a misalignsse 3dnowprefetch osvw topoext " +
                "perfctr-core clzero xsaveerptr wbnoinvd ibpb ibrs amd-stibp stibp-always-on amd-ssbd amd-psfd " +
                "no-nested-data-bp lfence-always-serializing null-sel-clr-base auto-ibrs npt nrip-save vnmi " +
                "svme-addr-chk xsaveopt xsavec xgetbv1 xsaves arat",
        },
    ];
}
