using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace Limber.Cpu;

/// <summary>
/// A CPUID register that holds feature flags, with the name of each flag. The names are the ones that
/// QEMU's command line uses, so existing <c>-cpu</c> strings mean the same here.
/// Sources: Intel SDM volume 2 "CPUID"; AMD APM volume 3 appendix E; Linux Documentation/virt/kvm/x86/cpuid.rst.
/// </summary>
/// <remarks>
/// One more flag is one more word in the table below: names stand in bit order and a dot is a bit
/// without a name. A name at two bits, such as <c>kvmclock</c>, switches both.
/// </remarks>
public sealed class CpuFeatureWord
{
    private static readonly List<CpuFeatureWord> s_all = [];

    internal static CpuFeatureWord Leaf1Edx { get; } = Define(1, null, CpuidRegister.Edx,
        "fpu vme de pse tsc msr pae mce cx8 apic . sep mtrr pge mca cmov pat pse36 pn clflush . ds acpi mmx " +
        "fxsr sse sse2 ss ht tm ia64 pbe");

    internal static CpuFeatureWord Leaf1Ecx { get; } = Define(1, null, CpuidRegister.Ecx,
        "pni pclmulqdq dtes64 monitor ds-cpl vmx smx est tm2 ssse3 cid . fma cx16 xtpr pdcm . pcid dca sse4.1 " +
        "sse4.2 x2apic movbe popcnt tsc-deadline aes xsave . avx f16c rdrand hypervisor");

    internal static CpuFeatureWord Leaf7Ebx { get; } = Define(7, 0, CpuidRegister.Ebx,
        "fsgsbase tsc-adjust sgx bmi1 hle avx2 fdp-excptn-only smep bmi2 erms invpcid rtm . zero-fcs-fds mpx . avx512f avx512dq rdseed " +
        "adx smap avx512ifma pcommit clflushopt clwb intel-pt avx512pf avx512er avx512cd sha-ni avx512bw " +
        "avx512vl");

    internal static CpuFeatureWord Leaf7Ecx { get; } = Define(7, 0, CpuidRegister.Ecx,
        ". avx512vbmi umip pku . waitpkg avx512vbmi2 shstk gfni vaes vpclmulqdq avx512vnni avx512bitalg . " +
        "avx512-vpopcntdq . la57 . . . . . rdpid . bus-lock-detect cldemote . movdiri movdir64b . sgxlc pks");

    internal static CpuFeatureWord Leaf7Edx { get; } = Define(7, 0, CpuidRegister.Edx,
        ". . avx512-4vnniw avx512-4fmaps fsrm . . . avx512-vp2intersect . md-clear . . . serialize . " +
        "tsx-ldtrk . . arch-lbr ibt . amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl stibp flush-l1d " +
        "arch-capabilities core-capability ssbd");

    internal static CpuFeatureWord Leaf7Sub1Eax { get; } = Define(7, 1, CpuidRegister.Eax,
        "sha512 sm3 sm4 . avx-vnni avx512-bf16 . cmpccxadd . . fzrm fsrs fsrc . . . . fred lkgs wrmsrns . amx-fp16 . avx-ifma . . " +
        "lam");

    internal static CpuFeatureWord Extended1Edx { get; } = Define(0x80000001, null, CpuidRegister.Edx,
        ". . . . . . . . . . . syscall . . . . . . . . nx . mmxext . . fxsr-opt pdpe1gb rdtscp . lm 3dnowext " +
        "3dnow");

    internal static CpuFeatureWord Extended1Ecx { get; } = Define(0x80000001, null, CpuidRegister.Ecx,
        "lahf-lm cmp-legacy svm extapic cr8legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt " +
        ". lwp fma4 tce . nodeid-msr . tbm topoext perfctr-core perfctr-nb");

    internal static CpuFeatureWord Extended7Ebx { get; } = Define(0x80000007, null, CpuidRegister.Ebx,
        "overflow-recov succor");

    internal static CpuFeatureWord Extended7Edx { get; } = Define(0x80000007, null, CpuidRegister.Edx,
        ". . . . . . . . invtsc");

    internal static CpuFeatureWord Extended8Ebx { get; } = Define(0x80000008, null, CpuidRegister.Ebx,
        "clzero . xsaveerptr . . . . . . wbnoinvd . . ibpb . ibrs amd-stibp . stibp-always-on . . . . . . " +
        "amd-ssbd virt-ssbd amd-no-ssb . amd-psfd");

    internal static CpuFeatureWord Extended21Eax { get; } = Define(0x80000021, null, CpuidRegister.Eax,
        "no-nested-data-bp . lfence-always-serializing . . . null-sel-clr-base . auto-ibrs . . . . . . . . . . . . . . . eraps . . " +
        "sbpb ibpb-brtype srso-no srso-user-kernel-no");

    internal static CpuFeatureWord KvmEax { get; } = Define(0x40000001, null, CpuidRegister.Eax,
        "kvmclock kvm-nopiodelay kvm-mmu kvmclock kvm-asyncpf kvm-steal-time kvm-pv-eoi kvm-pv-unhalt . " +
        "kvm-pv-tlb-flush . kvm-pv-ipi kvm-poll-control kvm-pv-sched-yield kvm-asyncpf-int " +
        "kvm-msi-ext-dest-id . . . . . . . . kvmclock-stable-bit");

    internal static CpuFeatureWord KvmEdx { get; } = Define(0x40000001, null, CpuidRegister.Edx,
        "kvm-hint-dedicated");

    internal static CpuFeatureWord SvmEdx { get; } = Define(0x8000000a, null, CpuidRegister.Edx,
        "npt lbrv svm-lock nrip-save tsc-scale vmcb-clean flushbyasid decodeassists . . pause-filter . " +
        "pfthreshold avic . v-vmsave-vmload vgif . . . . . . . . vnmi . . svme-addr-chk");

    internal static CpuFeatureWord XsaveEax { get; } = Define(0xd, 1, CpuidRegister.Eax,
        "xsaveopt xsavec xgetbv1 xsaves xfd");

    internal static CpuFeatureWord Leaf6Eax { get; } = Define(6, null, CpuidRegister.Eax,
        ". . arat");

    internal static CpuFeatureWord Leaf7Sub1Edx { get; } = Define(7, 1, CpuidRegister.Edx,
        ". . . . avx-vnni-int8 avx-ne-convert . . amx-complex . avx-vnni-int16 . . . prefetchiti");

    internal static CpuFeatureWord Leaf7Sub2Edx { get; } = Define(7, 2, CpuidRegister.Edx,
        "intel-psfd ipred-ctrl rrsba-ctrl ddpd-u bhi-ctrl mcdt-no");

    // Older spellings and second names; underscores are turned into hyphens before the lookup.
    private static readonly Dictionary<string, string> s_aliases = new(StringComparer.Ordinal)
    {
        ["sse3"] = "pni",
        ["pclmuldq"] = "pclmulqdq",
        ["sse4-1"] = "sse4.1",
        ["sse4-2"] = "sse4.2",
        ["xd"] = "nx",
        ["i64"] = "lm",
        ["ffxsr"] = "fxsr-opt",
    };

    // Built on first use, because CpuFeatureSet needs the finished list of words.
    private static readonly Lazy<Dictionary<string, CpuFeatureSet>> s_byName = new(IndexNames);

    private readonly string?[] _names;

    private CpuFeatureWord(uint function, uint? index, CpuidRegister register, string?[] names)
    {
        Ordinal = s_all.Count;
        Function = function;
        HasIndex = index.HasValue;
        Index = index ?? 0;
        Register = register;
        _names = names;
    }

    /// <summary>All words, in the order in which missing features are reported.</summary>
    public static IReadOnlyList<CpuFeatureWord> All => s_all;

    /// <summary>The CPUID leaf.</summary>
    public uint Function { get; }

    /// <summary>The subleaf, 0 if the leaf has none.</summary>
    public uint Index { get; }

    /// <summary>Whether the leaf has subleaves.</summary>
    public bool HasIndex { get; }

    /// <summary>The register that holds the flags.</summary>
    public CpuidRegister Register { get; }

    internal static int Count => s_all.Count;

    internal int Ordinal { get; }

    /// <summary>The name of a bit, or null if it has none.</summary>
    public string? NameOf(int bit) => bit < _names.Length ? _names[bit] : null;

    /// <summary><c>CPUID.07H:EBX.avx2 [bit 5]</c>; without the name when the bit has none.</summary>
    public string Describe(int bit)
    {
        string register = Register.ToString().ToUpperInvariant();
        string name = NameOf(bit) is string known ? "." + known : string.Empty;
        return $"CPUID.{Function:X2}H:{register}{name} [bit {bit}]";
    }

    /// <summary>
    /// Finds the bits of a feature by any of its spellings, such as <c>sse4.1</c> or <c>sse4_1</c>.
    /// </summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out CpuFeatureSet? feature)
    {
        string canonical = name.Replace('_', '-');
        canonical = s_aliases.GetValueOrDefault(canonical, canonical);
        return s_byName.Value.TryGetValue(canonical, out feature);
    }

    private static CpuFeatureWord Define(uint function, uint? index, CpuidRegister register, string names)
    {
        string[] tokens = names.Split(' ');
        string?[] bits = Array.ConvertAll(tokens, static token => token == "." ? null : token);
        CpuFeatureWord word = new(function, index, register, bits);
        s_all.Add(word);
        return word;
    }

    private static Dictionary<string, CpuFeatureSet> IndexNames()
    {
        Dictionary<string, CpuFeatureSet> byName = new(StringComparer.Ordinal);
        foreach (CpuFeatureWord word in s_all)
        {
            for (int bit = 0; bit < word._names.Length; bit++)
            {
                if (word._names[bit] is string name)
                {
                    CpuFeatureSet set = byName.GetValueOrDefault(name, CpuFeatureSet.Empty);
                    byName[name] = set.With(word, set[word] | 1u << bit);
                }
            }
        }

        return byName;
    }
}
