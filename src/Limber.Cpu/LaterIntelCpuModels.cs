namespace Limber.Cpu;

/// <summary>
/// Intel's Atom servers, and its Xeons from 2020 on. One more model is one more row; a version states only what changed
/// against the version before it.
/// </summary>
internal static class LaterIntelCpuModels
{
    internal static CpuModelFamily[] Rows { get; } =
    [
        new CpuModelFamily("KnightsMill", CpuVendor.Intel, 6, 133, 0, "Intel Xeon Phi Processor (Knights Mill)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "ss pni pclmulqdq ssse3 fma cx16 sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c " +
                "rdrand fsgsbase bmi1 avx2 smep bmi2 erms avx512f rdseed adx avx512pf avx512er avx512cd " +
                "avx512-vpopcntdq avx512-4vnniw avx512-4fmaps syscall nx pdpe1gb rdtscp lm lahf-lm abm " +
                "3dnowprefetch xsaveopt arat",
        },
        new CpuModelFamily("Denverton", CpuVendor.Intel, 6, 95, 1, "Intel Atom Processor (Denverton)")
        {
            Level = 0x15,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq monitor ssse3 cx16 sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave rdrand " +
                "fsgsbase smep erms mpx rdseed smap clflushopt sha-ni spec-ctrl arch-capabilities ssbd syscall nx " +
                "pdpe1gb rdtscp lm lahf-lm 3dnowprefetch xsaveopt xsavec xgetbv1 arat",
            Versions =
            [
                new("-monitor -mpx"),
                new("+xsaves"),
            ],
        },
        new CpuModelFamily("Snowridge", CpuVendor.Intel, 6, 134, 1, "Intel Atom Processor (SnowRidge)")
        {
            Level = 0x1b,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq monitor ssse3 cx16 sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave rdrand " +
                "fsgsbase smep erms mpx rdseed smap clflushopt clwb sha-ni umip gfni cldemote movdiri movdir64b " +
                "spec-ctrl arch-capabilities core-capability ssbd syscall nx pdpe1gb rdtscp lm lahf-lm " +
                "3dnowprefetch xsaveopt xsavec xgetbv1 arat",
            Versions =
            [
                new("-mpx") { ModelId = "Intel Atom Processor (Snowridge, no MPX)" },
                new("+xsaves"),
                new("-core-capability"),
            ],
        },
        new CpuModelFamily("Cooperlake", CpuVendor.Intel, 6, 85, 10, "Intel Xeon Processor (Cooperlake)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelSkylakeServer,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx " +
                "f16c rdrand fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm avx512f avx512dq rdseed adx smap " +
                "clflushopt clwb avx512cd avx512bw avx512vl pku avx512vnni spec-ctrl stibp arch-capabilities ssbd " +
                "avx512-bf16 syscall nx pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch xsaveopt xsavec xgetbv1 arat",
            Versions =
            [
                new("+xsaves"),
            ],
        },
        new CpuModelFamily("SapphireRapids", CpuVendor.Intel, 6, 143, 4, "Intel Xeon Processor (SapphireRapids)")
        {
            Level = 0x20,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelIcelakeServer,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx " +
                "f16c rdrand fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm avx512f avx512dq rdseed adx smap " +
                "avx512ifma clflushopt clwb avx512cd sha-ni avx512bw avx512vl avx512vbmi umip pku avx512vbmi2 gfni " +
                "vaes vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq la57 rdpid bus-lock-detect fsrm serialize " +
                "tsx-ldtrk amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl arch-capabilities ssbd avx-vnni " +
                "avx512-bf16 fzrm fsrs fsrc syscall nx pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch wbnoinvd " +
                "xsaveopt xsavec xgetbv1 xsaves xfd arat",
            Versions =
            [
                new(""),
                new("+ss +tsc-adjust +cldemote +movdiri +movdir64b"),
            ],
        },
        new CpuModelFamily("GraniteRapids", CpuVendor.Intel, 6, 173, 0, "Intel Xeon Processor (GraniteRapids)")
        {
            Level = 0x20,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelIcelakeServer,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx " +
                "f16c rdrand fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm avx512f avx512dq rdseed adx smap " +
                "avx512ifma clflushopt clwb avx512cd sha-ni avx512bw avx512vl avx512vbmi umip pku avx512vbmi2 gfni " +
                "vaes vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq la57 rdpid bus-lock-detect fsrm serialize " +
                "tsx-ldtrk amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl arch-capabilities ssbd avx-vnni " +
                "avx512-bf16 fzrm fsrs fsrc amx-fp16 syscall nx pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch " +
                "wbnoinvd xsaveopt xsavec xgetbv1 xsaves xfd arat prefetchiti mcdt-no",
            Versions =
            [
                new("+ss +tsc-adjust +cldemote +movdiri +movdir64b") { Stepping = 1 },
            ],
        },
        new CpuModelFamily("SierraForest", CpuVendor.Intel, 6, 175, 0, "Intel Xeon Processor (SierraForest)")
        {
            Level = 0x23,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelIcelakeServer,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx " +
                "f16c rdrand fsgsbase bmi1 avx2 smep bmi2 erms invpcid rdseed adx smap clflushopt clwb sha-ni umip " +
                "pku gfni vaes vpclmulqdq rdpid bus-lock-detect fsrm serialize spec-ctrl arch-capabilities ssbd " +
                "avx-vnni cmpccxadd fsrs avx-ifma syscall nx pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch wbnoinvd " +
                "xsaveopt xsavec xgetbv1 xsaves arat avx-vnni-int8 avx-ne-convert mcdt-no",
            Versions =
            [
                new("+ss +tsc-adjust +cldemote +movdiri +movdir64b +lam +intel-psfd +ipred-ctrl +rrsba-ctrl +bhi-ctrl") { Stepping = 3 },
            ],
        },
        new CpuModelFamily("ClearwaterForest", CpuVendor.Intel, 6, 221, 0, "Intel Xeon Processor (ClearwaterForest)")
        {
            Level = 0x23,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelIcelakeServer,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "ss pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx " +
                "f16c rdrand fsgsbase tsc-adjust bmi1 avx2 smep bmi2 erms invpcid rdseed adx smap clflushopt clwb " +
                "sha-ni umip pku gfni vaes vpclmulqdq rdpid bus-lock-detect cldemote movdiri movdir64b fsrm " +
                "serialize spec-ctrl arch-capabilities ssbd sha512 sm3 sm4 avx-vnni cmpccxadd fsrs avx-ifma lam " +
                "syscall nx pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch wbnoinvd xsaveopt xsavec xgetbv1 xsaves " +
                "arat avx-vnni-int8 avx-ne-convert avx-vnni-int16 prefetchiti intel-psfd ipred-ctrl rrsba-ctrl " +
                "ddpd-u bhi-ctrl mcdt-no",
        },
    ];
}
