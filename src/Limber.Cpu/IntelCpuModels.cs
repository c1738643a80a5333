namespace Limber.Cpu;

/// <summary>
/// Intel models and the plain 64-bit Intel one. One more model is one more row; a version states only
/// what changed against the version before it.
/// </summary>
internal static class IntelCpuModels
{
    internal static CpuModelFamily[] Rows { get; } =
    [
        new CpuModelFamily("kvm64", CpuVendor.Intel, 15, 6, 1, "Common KVM processor")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.Legacy,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni cx16 syscall nx lm",
        },
        new CpuModelFamily("Nehalem", CpuVendor.Intel, 6, 26, 3, "Intel Core i7 9xx (Nehalem Class Core i7)")
        {
            Level = 0xb,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni ssse3 cx16 sse4.1 sse4.2 popcnt syscall nx lm lahf-lm",
            Versions =
            [
                new("+spec-ctrl") { Alias = "Nehalem-IBRS", ModelId = "Intel Core i7 9xx (Nehalem Core i7, IBRS update)" },
            ],
        },
        new CpuModelFamily("Westmere", CpuVendor.Intel, 6, 44, 1, "Westmere E56xx/L56xx/X56xx (Nehalem-C)")
        {
            Level = 0xb,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 cx16 sse4.1 sse4.2 popcnt aes arat syscall nx lm lahf-lm",
            Versions =
            [
                new("+spec-ctrl") { Alias = "Westmere-IBRS", ModelId = "Westmere E56xx/L56xx/X56xx (IBRS update)" },
            ],
        },
        new CpuModelFamily("SandyBridge", CpuVendor.Intel, 6, 42, 1, "Intel Xeon E312xx (Sandy Bridge)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 cx16 sse4.1 sse4.2 x2apic popcnt tsc-deadline aes xsave avx arat xsaveopt " +
                "syscall nx rdtscp lm lahf-lm",
            Versions =
            [
                new("+spec-ctrl") { Alias = "SandyBridge-IBRS", ModelId = "Intel Xeon E312xx (Sandy Bridge, IBRS update)" },
            ],
        },
        new CpuModelFamily("IvyBridge", CpuVendor.Intel, 6, 58, 9, "Intel Xeon E3-12xx v2 (Ivy Bridge)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 cx16 sse4.1 sse4.2 x2apic popcnt tsc-deadline aes xsave avx f16c rdrand arat " +
                "fsgsbase smep erms xsaveopt syscall nx rdtscp lm lahf-lm",
            Versions =
            [
                new("+spec-ctrl") { Alias = "IvyBridge-IBRS", ModelId = "Intel Xeon E3-12xx v2 (Ivy Bridge, IBRS)" },
            ],
        },
        new CpuModelFamily("Haswell", CpuVendor.Intel, 6, 60, 4, "Intel Core Processor (Haswell)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c " +
                "rdrand arat fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm xsaveopt syscall nx rdtscp lm lahf-lm " +
                "abm",
            Versions =
            [
                new("-hle -rtm") { Alias = "Haswell-noTSX", ModelId = "Intel Core Processor (Haswell, no TSX)", Stepping = 1 },
                new("+hle +rtm +spec-ctrl") { Alias = "Haswell-IBRS", ModelId = "Intel Core Processor (Haswell, IBRS)", Stepping = 4 },
                new("-hle -rtm") { Alias = "Haswell-noTSX-IBRS", ModelId = "Intel Core Processor (Haswell, no TSX, IBRS)", Stepping = 1 },
            ],
        },
        new CpuModelFamily("Broadwell", CpuVendor.Intel, 6, 61, 2, "Intel Core Processor (Broadwell)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c " +
                "rdrand arat fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm rdseed adx smap xsaveopt syscall nx " +
                "rdtscp lm lahf-lm abm 3dnowprefetch",
            Versions =
            [
                new("-hle -rtm") { Alias = "Broadwell-noTSX", ModelId = "Intel Core Processor (Broadwell, no TSX)" },
                new("+hle +rtm +spec-ctrl") { Alias = "Broadwell-IBRS", ModelId = "Intel Core Processor (Broadwell, IBRS)" },
                new("-hle -rtm") { Alias = "Broadwell-noTSX-IBRS", ModelId = "Intel Core Processor (Broadwell, no TSX, IBRS)" },
            ],
        },
        new CpuModelFamily("Skylake-Client", CpuVendor.Intel, 6, 94, 3, "Intel Core Processor (Skylake)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelNehalem,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c " +
                "rdrand arat fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm rdseed adx smap xsaveopt xsavec " +
                "xgetbv1 syscall nx rdtscp lm lahf-lm abm 3dnowprefetch",
            Versions =
            [
                new("+spec-ctrl") { Alias = "Skylake-Client-IBRS", ModelId = "Intel Core Processor (Skylake, IBRS)" },
                new("-hle -rtm") { Alias = "Skylake-Client-noTSX-IBRS", ModelId = "Intel Core Processor (Skylake, IBRS, no TSX)" },
                new("+xsaves"),
            ],
        },
        new CpuModelFamily("Skylake-Server", CpuVendor.Intel, 6, 85, 4, "Intel Xeon Processor (Skylake)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelSkylakeServer,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c " +
                "rdrand arat fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm avx512f avx512dq rdseed adx smap " +
                "clflushopt clwb avx512cd avx512bw avx512vl pku xsaveopt xsavec xgetbv1 syscall nx pdpe1gb rdtscp lm " +
                "lahf-lm abm 3dnowprefetch",
            Versions =
            [
                new("+spec-ctrl -clflushopt") { Alias = "Skylake-Server-IBRS", ModelId = "Intel Xeon Processor (Skylake, IBRS)" },
                new("-hle -rtm") { Alias = "Skylake-Server-noTSX-IBRS", ModelId = "Intel Xeon Processor (Skylake, IBRS, no TSX)" },
                new(""),
                new("+xsaves"),
            ],
        },
        new CpuModelFamily("Cascadelake-Server", CpuVendor.Intel, 6, 85, 6, "Intel Xeon Processor (Cascadelake)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelSkylakeServer,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c " +
                "rdrand arat fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm avx512f avx512dq rdseed adx smap " +
                "clflushopt clwb avx512cd avx512bw avx512vl pku avx512vnni spec-ctrl ssbd xsaveopt xsavec xgetbv1 " +
                "syscall nx pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch",
            Versions =
            [
                new("+arch-capabilities"),
                new("-hle -rtm") { Alias = "Cascadelake-Server-noTSX" },
                new(""),
                new("+xsaves"),
            ],
        },
        new CpuModelFamily("Icelake-Server", CpuVendor.Intel, 6, 134, 0, "Intel Xeon Processor (Icelake)")
        {
            Level = 0xd,
            ExtendedLevel = 0x80000008,
            Caches = CpuCaches.IntelIcelakeServer,
            Features =
                "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 " +
                "pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c " +
                "rdrand arat fsgsbase bmi1 hle avx2 smep bmi2 erms invpcid rtm avx512f avx512dq rdseed adx smap " +
                "clflushopt clwb avx512cd avx512bw avx512vl avx512vbmi umip pku avx512vbmi2 gfni vaes vpclmulqdq " +
                "avx512vnni avx512bitalg avx512-vpopcntdq la57 spec-ctrl ssbd xsaveopt xsavec xgetbv1 syscall nx " +
                "pdpe1gb rdtscp lm lahf-lm abm 3dnowprefetch wbnoinvd",
            Versions =
            [
                new("-hle -rtm") { Alias = "Icelake-Server-noTSX" },
                new("+arch-capabilities"),
                new("+avx512ifma +sha-ni +rdpid +fsrm") { Model = 106 },
                new("+xsaves"),
                new(""),
                new("+hle +rtm"),
            ],
        },
    ];
}
