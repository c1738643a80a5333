namespace Limber.Cpu;

/// <summary>
/// Models of processors from before 2013, and the plain 32-bit ones. One more model is one more row; a version states only
/// what changed against the version before it.
/// </summary>
internal static class OlderCpuModels
{
    internal static CpuModelFamily[] Rows { get; } =
    [
        new CpuModelFamily("486", CpuVendor.Intel, 4, 8, 0, "")
        {
            Level = 0x1,
            ExtendedLevel = 0x0,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme pse",
        },
        new CpuModelFamily("pentium", CpuVendor.Intel, 5, 4, 3, "")
        {
            Level = 0x1,
            ExtendedLevel = 0x0,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr mce cx8 apic mmx",
        },
        new CpuModelFamily("pentium2", CpuVendor.Intel, 6, 5, 2, "")
        {
            Level = 0x2,
            ExtendedLevel = 0x0,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 mmx fxsr",
        },
        new CpuModelFamily("pentium3", CpuVendor.Intel, 6, 7, 3, "")
        {
            Level = 0x3,
            ExtendedLevel = 0x0,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 mmx fxsr sse",
        },
        new CpuModelFamily("athlon", CpuVendor.Amd, 6, 2, 3, "QEMU Virtual CPU version 2.5+")
        {
            Level = 0x2,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 mmx fxsr sse sse2 mmxext " +
                "3dnowext 3dnow",
        },
        new CpuModelFamily("qemu32", CpuVendor.Intel, 6, 6, 3, "QEMU Virtual CPU version 2.5+")
        {
            Level = 0x4,
            ExtendedLevel = 0x80000004,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu de pse tsc msr pae mce cx8 apic sep pge cmov pat mmx fxsr sse sse2 pni",
        },
        new CpuModelFamily("kvm32", CpuVendor.Intel, 15, 6, 1, "Common 32-bit KVM processor")
        {
            Level = 0x5,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni",
        },
        new CpuModelFamily("n270", CpuVendor.Intel, 6, 28, 2, "Intel(R) Atom(TM) CPU N270   @ 1.60GHz")
        {
            Level = 0xa,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat clflush acpi mmx fxsr sse sse2 " +
                "ss pni monitor ssse3 movbe nx lahf-lm",
        },
        new CpuModelFamily("coreduo", CpuVendor.Intel, 6, 14, 8, "Genuine Intel(R) CPU           T2600  @ 2.16GHz")
        {
            Level = 0xa,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat clflush acpi mmx fxsr sse sse2 " +
                "ss pni monitor nx",
        },
        new CpuModelFamily("core2duo", CpuVendor.Intel, 6, 15, 11, "Intel(R) Core(TM)2 Duo CPU     T7700  @ 2.40GHz")
        {
            Level = 0xa,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush acpi mmx fxsr sse " +
                "sse2 ss pni monitor ssse3 cx16 syscall nx lm lahf-lm",
        },
        new CpuModelFamily("Conroe", CpuVendor.Intel, 6, 15, 3, "Intel Celeron_4x0 (Conroe/Merom Class Core 2)")
        {
            Level = 0xa,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni ssse3 syscall nx lm lahf-lm",
        },
        new CpuModelFamily("Penryn", CpuVendor.Intel, 6, 23, 3, "Intel Core 2 Duo P9xxx (Penryn Class Core 2)")
        {
            Level = 0xa,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni ssse3 cx16 sse4.1 syscall nx lm lahf-lm",
        },
        new CpuModelFamily("phenom", CpuVendor.Amd, 16, 2, 3, "AMD Phenom(tm) 9550 Quad-Core Processor")
        {
            Level = 0x5,
            ExtendedLevel = 0x8000001a,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni monitor cx16 popcnt syscall nx mmxext fxsr-opt pdpe1gb rdtscp lm 3dnowext 3dnow lahf-lm svm " +
                "abm sse4a npt",
        },
        new CpuModelFamily("Opteron_G1", CpuVendor.Amd, 15, 6, 1, "AMD Opteron 240 (Gen 1 Class Opteron)")
        {
            Level = 0x5,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni syscall nx lm",
        },
        new CpuModelFamily("Opteron_G2", CpuVendor.Amd, 15, 6, 1, "AMD Opteron 22xx (Gen 2 Class Opteron)")
        {
            Level = 0x5,
            ExtendedLevel = 0x8000000a,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni cx16 syscall nx lm lahf-lm svm",
        },
        new CpuModelFamily("Opteron_G3", CpuVendor.Amd, 16, 2, 3, "AMD Opteron 23xx (Gen 3 Class Opteron)")
        {
            Level = 0x5,
            ExtendedLevel = 0x8000000a,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni monitor cx16 popcnt syscall nx rdtscp lm lahf-lm svm abm sse4a misalignsse",
        },
        new CpuModelFamily("Opteron_G4", CpuVendor.Amd, 21, 1, 2, "AMD Opteron 62xx class CPU")
        {
            Level = 0xd,
            ExtendedLevel = 0x8000001a,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 cx16 sse4.1 sse4.2 popcnt aes xsave avx syscall nx pdpe1gb rdtscp lm lahf-lm " +
                "svm abm sse4a misalignsse 3dnowprefetch xop fma4 npt nrip-save",
        },
        new CpuModelFamily("Opteron_G5", CpuVendor.Amd, 21, 2, 0, "AMD Opteron 63xx class CPU")
        {
            Level = 0xd,
            ExtendedLevel = 0x8000001a,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 sse4.1 sse4.2 popcnt aes xsave avx f16c syscall nx pdpe1gb rdtscp lm " +
                "lahf-lm svm abm sse4a misalignsse 3dnowprefetch xop fma4 tbm npt nrip-save",
        },
    ];
}
