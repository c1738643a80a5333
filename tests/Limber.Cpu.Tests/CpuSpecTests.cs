using System.Linq;

namespace Limber.Cpu.Tests;

public sealed class CpuSpecTests
{
    [Theory]
    [InlineData("", "-cpu option cannot be empty")]
    [InlineData("nosuch", "unable to find CPU model 'nosuch'")]
    [InlineData("nosuch,+avx", "unable to find CPU model 'nosuch'")]
    [InlineData(",+avx", "unable to find CPU model ''")]
    [InlineData("Nehalem-x86_64-cpu", "unable to find CPU model 'Nehalem-x86_64-cpu'")]
    [InlineData("haswell", "unable to find CPU model 'haswell'")]
    [InlineData("Haswell-v9", "unable to find CPU model 'Haswell-v9'")]
    [InlineData("qemu64,+nosuch", "Property 'qemu64-x86_64-cpu.nosuch' not found")]
    [InlineData("qemu64,-nosuch", "Property 'qemu64-x86_64-cpu.nosuch' not found")]
    [InlineData("qemu64,+", "Property 'qemu64-x86_64-cpu.' not found")]
    [InlineData("qemu64,foo=1", "can't apply global qemu64-x86_64-cpu.foo=1: Property 'qemu64-x86_64-cpu.foo' not found")]
    [InlineData("qemu64,avx=maybe", "can't apply global qemu64-x86_64-cpu.avx=maybe: Parameter 'avx' expects 'on' or 'off'")]
    [InlineData("host,phys-bits=99", "can't apply global host-x86_64-cpu.phys-bits=99: phys-bits should be between 32 and 52 (but is 99)")]
    [InlineData("host,family=x", "can't apply global host-x86_64-cpu.family=x: Parameter 'family' expects uint64")]
    [InlineData("qemu64,family=271", "can't apply global qemu64-x86_64-cpu.family=271: parameter 'family' can be at most 270")]
    [InlineData("qemu64,stepping=-1", "can't apply global qemu64-x86_64-cpu.stepping=-1: parameter 'stepping' can be at most 15")]
    [InlineData("qemu64,level=4294967296", "can't apply global qemu64-x86_64-cpu.level=4294967296: Parameter 'level' expects uint32_t")]
    [InlineData("qemu64,vendor=x", "can't apply global qemu64-x86_64-cpu.vendor=x: value of property 'vendor' must consist of exactly 12 characters")]
    [InlineData("qemu64,tsc-freq=1G", "can't apply global qemu64-x86_64-cpu.tsc-freq=1G: another frequency of the time-stamp counter than the host's is not built")]
    public void Parse_Invalid_GivesTheMessage(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<CpuModelException>(() => CpuSpec.Parse(text)).Message);

    [Fact]
    public void Parse_Features_MinusBeatsPlusBeatsAssignment()
    {
        CpuModelOptions o = CpuSpec.Parse("qemu64,-avx,+avx,+sse4_1,aes=on,aes=off,bmi1=off,bmi1,avx2=off,+avx2,x2apic=off").Options;

        Assert.True(o.Enabled.Has("sse4.1") && o.Enabled.Has("bmi1") && o.Enabled.Has("avx2"));
        Assert.True(o.Disabled.Has("avx") && o.Disabled.Has("aes") && o.Disabled.Has("x2apic"));
        Assert.True(o.Enabled.Intersect(o.Disabled).IsEmpty);
        Assert.Equal(3, o.Enabled.Describe().Count());
    }

    [Fact]
    public void Parse_Properties_AreKept()
    {
        CpuSpec spec = CpuSpec.Parse(
            "Nehalem-v1,check=off,enforce,kvm=off,pmu=on,family=0x10,model=2,stepping=3,level=0xd,xlevel=0x8000000a,phys-bits=39,model-id=Some CPU,vendor=AuthenticAMD");

        Assert.Equal("Nehalem-v1-x86_64-cpu", spec.TypeName);
        Assert.Equal(
            new CpuModelOptions
            {
                Check = false,
                Enforce = true,
                ShowKvm = false,
                Pmu = true,
                Family = 16,
                Model = 2,
                Stepping = 3,
                Level = 13,
                ExtendedLevel = 0x8000000a,
                PhysicalBits = 39,
                ModelId = "Some CPU",
                Vendor = CpuVendor.Amd,
                Enabled = spec.Options.Enabled,
                Disabled = spec.Options.Disabled,
            },
            spec.Options);
        Assert.True(spec.Options.Enabled.IsEmpty && spec.Options.Disabled.IsEmpty);
    }

    [Theory]
    [InlineData("Haswell", "Haswell-v1")]
    [InlineData("Haswell-noTSX", "Haswell-v2")]
    [InlineData("Haswell-IBRS", "Haswell-v3")]
    [InlineData("Haswell-noTSX-IBRS", "Haswell-v4")]
    [InlineData("EPYC-IBPB", "EPYC-v2")]
    [InlineData("Nehalem-IBRS", "Nehalem-v2")]
    [InlineData("Icelake-Server-noTSX", "Icelake-Server-v2")]
    public void Find_Alias_IsTheVersion(string alias, string versioned) =>
        Assert.Same(CpuModels.Find(versioned), CpuModels.Find(alias));

    [Theory]
    [InlineData("Haswell-v2", "Haswell-v1", "", "hle rtm")]
    [InlineData("Haswell-v3", "Haswell-v1", "spec-ctrl", "")]
    [InlineData("EPYC-v2", "EPYC-v1", "ibpb", "")]
    [InlineData("Skylake-Client-v4", "Skylake-Client-v3", "xsaves", "")]
    public void Versions_DifferAsStated(string later, string earlier, string added, string removed)
    {
        CpuFeatureSet a = CpuModels.Find(earlier).Features;
        CpuFeatureSet b = CpuModels.Find(later).Features;

        Assert.Equal(CpuFeatureSet.Parse(added).Describe(), b.Except(a).Describe());
        Assert.Equal(CpuFeatureSet.Parse(removed).Describe(), a.Except(b).Describe());
    }

    [Fact]
    public void Models_Table_HoldsEveryPromisedModel()
    {
        string[] names =
        [
            "qemu64", "kvm64", "host", "max", "Nehalem", "Nehalem-IBRS", "Westmere", "Westmere-IBRS", "SandyBridge",
            "SandyBridge-IBRS", "IvyBridge", "IvyBridge-IBRS", "Haswell", "Broadwell", "Skylake-Client", "Skylake-Server",
            "Cascadelake-Server", "Icelake-Server", "EPYC", "EPYC-Rome", "EPYC-Milan",
        ];

        Assert.Empty(names.Except(CpuModels.Names));
        Assert.All(CpuModels.Names, name => Assert.InRange(CpuModels.Find(name).ModelId.Length, 0, 48));
    }

    [Theory]
    [InlineData("avx2", "CPUID.07H:EBX.avx2 [bit 5]")]
    [InlineData("tsc-deadline", "CPUID.01H:ECX.tsc-deadline [bit 24]")]
    [InlineData("fxsr_opt", "CPUID.80000001H:EDX.fxsr-opt [bit 25]")]
    [InlineData("topoext", "CPUID.80000001H:ECX.topoext [bit 22]")]
    [InlineData("nrip-save", "CPUID.8000000AH:EDX.nrip-save [bit 3]")]
    [InlineData("xsavec", "CPUID.0DH:EAX.xsavec [bit 1]")]
    [InlineData("avx512f", "CPUID.07H:EBX.avx512f [bit 16]")]
    [InlineData("spec-ctrl", "CPUID.07H:EDX.spec-ctrl [bit 26]")]
    [InlineData("arch-capabilities", "CPUID.07H:EDX.arch-capabilities [bit 29]")]
    [InlineData("x2apic", "CPUID.01H:ECX.x2apic [bit 21]")]
    [InlineData("hypervisor", "CPUID.01H:ECX.hypervisor [bit 31]")]
    [InlineData("la57", "CPUID.07H:ECX.la57 [bit 16]")]
    [InlineData("avx512-bf16", "CPUID.07H:EAX.avx512-bf16 [bit 5]")]
    [InlineData("amd-ssbd", "CPUID.80000008H:EBX.amd-ssbd [bit 24]")]
    [InlineData("svme-addr-chk", "CPUID.8000000AH:EDX.svme-addr-chk [bit 28]")]
    [InlineData("perfctr-nb", "CPUID.80000001H:ECX.perfctr-nb [bit 24]")]
    [InlineData("invtsc", "CPUID.80000007H:EDX.invtsc [bit 8]")]
    [InlineData("kvmclock-stable-bit", "CPUID.40000001H:EAX.kvmclock-stable-bit [bit 24]")]
    [InlineData("sse3", "CPUID.01H:ECX.pni [bit 0]")]
    [InlineData("pbe", "CPUID.01H:EDX.pbe [bit 31]")]
    public void Features_Names_LieAtTheirBits(string name, string expected)
    {
        Assert.True(CpuFeatureWord.TryFind(name, out CpuFeatureSet? set));
        Assert.Equal([expected], set.Describe());
    }

    [Fact]
    public void Features_Kvmclock_IsBothBits()
    {
        Assert.True(CpuFeatureWord.TryFind("kvmclock", out CpuFeatureSet? set));
        Assert.Equal(2, set.Describe().Count());
    }
}
