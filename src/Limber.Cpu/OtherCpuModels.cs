namespace Limber.Cpu;

/// <summary>
/// Hygon's and Zhaoxin's models. Zhaoxin's own leaf 0xC0000001, with its cryptography, is not offered.
/// </summary>
internal static class OtherCpuModels
{
    internal static CpuModelFamily[] Rows { get; } =
    [
        new CpuModelFamily("Dhyana", CpuVendor.Hygon, 24, 0, 1, "Hygon Dhyana Processor")
        {
            Level = 0xd,
            ExtendedLevel = 0x8000001e,
            Caches = CpuCaches.AmdZen,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni monitor ssse3 fma cx16 sse4.1 sse4.2 movbe popcnt xsave avx f16c rdrand fsgsbase bmi1 avx2 " +
                "smep bmi2 rdseed adx smap clflushopt syscall nx mmxext fxsr-opt pdpe1gb rdtscp lm lahf-lm svm " +
                "cr8legacy abm sse4a misalignsse 3dnowprefetch osvw topoext ibpb npt nrip-save xsaveopt xsavec " +
                "xgetbv1 arat",
            Versions =
            [
                new("+xsaves"),
            ],
        },
        new CpuModelFamily("YongFeng", CpuVendor.Centaur, 7, 11, 3, "Zhaoxin YongFeng Processor")
        {
            Level = 0x1f,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush acpi mmx fxsr sse " +
                "sse2 ss pni pclmulqdq monitor ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline " +
                "aes xsave avx f16c rdrand fsgsbase bmi1 avx2 smep bmi2 invpcid rdseed adx smap sha-ni umip pku " +
                "rdpid spec-ctrl arch-capabilities syscall nx pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch invtsc " +
                "xsaveopt",
            Versions =
            [
                new("") { Model = 91 },
            ],
        },
    ];
}
