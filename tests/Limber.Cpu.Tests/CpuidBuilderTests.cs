using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Limber.Cpu.Tests;

public sealed class CpuidBuilderTests
{
    private static readonly CpuTopology s_one = new(1, 1, 1, 4, 1);

    public static TheoryData<string, string> EveryModelOnEveryHost()
    {
        TheoryData<string, string> rows = [];
        foreach (string model in CpuModels.Names)
        {
            rows.Add("amd", model);
            rows.Add("intel", model);
            rows.Add("nested", model);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(EveryModelOnEveryHost))]
    public void Build_AnyModel_IsSortedUniqueReachableAndWithinTheHost(string host, string model)
    {
        CpuidBuilder builder = Make(host, model);
        CpuidEntry[] cpuid = builder.Build(3);
        CpuFeatureSet supported = CpuFeatureSet.FromEntries(Hosts.ByName(host))
            .Union(CpuFeatureSet.Parse("hypervisor arat topoext tsc-deadline ht cmp-legacy"));
        supported = supported.With(
            CpuFeatureWord.Extended1Edx, supported[CpuFeatureWord.Extended1Edx] | supported[CpuFeatureWord.Leaf1Edx]);

        Assert.InRange(cpuid.Length, 10, CpuidBuilder.MaxEntries);
        Assert.Equal(cpuid.Select(e => (e.Function, e.Index)).Distinct().Order(), cpuid.Select(e => (e.Function, e.Index)));
        Assert.Empty(CpuFeatureSet.FromEntries(cpuid).Except(supported).Describe());
        Assert.All(cpuid.Where(e => e.Function < 0x40000000), e => Assert.InRange(e.Function, 0u, cpuid.Leaf(0).Eax));
        Assert.All(cpuid.Where(e => e.Function >= 0x80000000), e => Assert.InRange(e.Function, 0x80000000u, cpuid.Leaf(0x80000000).Eax));
        Assert.All(cpuid.Where(e => e.Index != 0), e => Assert.Equal(CpuidEntry.SignificantIndex, e.Flags));
        Assert.Equal(0u, cpuid.Leaf(1).Ecx & 1u << 27);
        Assert.NotEqual(0u, cpuid.Leaf(1).Ecx & 1u << 31);
        Assert.NotEqual(0u, cpuid.Leaf(1).Ecx & 1u << 21);
        Assert.NotEqual(0u, cpuid.Leaf(1).Ecx & 1u << 24);
        Assert.True(cpuid.Leaf(0).Eax >= 0xb);
        Assert.Equal(builder.Features.Has("clflush") ? 0x0800u : 0, cpuid.Leaf(1).Ebx & 0xff00);
    }

    [Fact]
    public void Build_NamedModel_ShowsTheIdentityOfTheModel()
    {
        CpuidEntry[] cpuid = Make("intel", "Haswell").Build(0);

        Assert.Equal(0x000306c4u, cpuid.Leaf(1).Eax);
        Assert.Equal(CpuVendor.Intel, CpuVendor.FromRegisters(cpuid.Leaf(0).Ebx, cpuid.Leaf(0).Ecx, cpuid.Leaf(0).Edx));
        Assert.Equal("Intel Core Processor (Haswell)", Brand(cpuid));
        Assert.Equal(0x3030u, cpuid.Leaf(0x80000008).Eax);
        Assert.Equal(0x80000008u, cpuid.Leaf(0x80000000).Eax);
        Assert.Equal(0xdu, cpuid.Leaf(0).Eax);
        Assert.DoesNotContain(cpuid, e => e.Function is 0xa or 0x12 or 0x15 or 0x16);
    }

    [Theory]
    [InlineData("amd", "IvyBridge-IBRS", "AuthenticAMD")]
    [InlineData("intel", "EPYC", "GenuineIntel")]
    [InlineData("intel", "qemu64", "GenuineIntel")]
    [InlineData("intel", "EPYC,vendor=AuthenticAMD", "AuthenticAMD")]
    public void Build_ModelOfAnotherVendor_HasTheHostsUnlessOneIsSet(string host, string cpu, string vendor)
    {
        CpuidEntry[] cpuid = Make(host, cpu).Build(0);

        Assert.Equal(vendor, CpuVendor.FromRegisters(cpuid.Leaf(0).Ebx, cpuid.Leaf(0).Ecx, cpuid.Leaf(0).Edx).Id);
        Assert.Equal(cpuid.Leaf(0).Ebx, cpuid.Leaf(0x80000000).Ebx);
    }

    [Fact]
    public void Build_Host_ShowsTheHostButItsTopology()
    {
        CpuidEntry[] cpuid = Make("intel", "host").Build(2);

        Assert.Equal(0x000606a6u, cpuid.Leaf(1).Eax);
        Assert.Equal("Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", Brand(cpuid));
        Assert.Equal(Hosts.Intel.Leaf(0xa), cpuid.Leaf(0xa));
        Assert.Equal(Hosts.Intel.Leaf(0x15), cpuid.Leaf(0x15));
        Assert.Equal(2u, cpuid.Leaf(0xb).Edx);
        Assert.Equal(0x02040800u, cpuid.Leaf(1).Ebx);
        Assert.True(Make("intel", "max").Features.Has("vmx"));
        Assert.True(Make("amd", "host").Features.Has("svm"));
        Assert.DoesNotContain(cpuid, e => e.Function == 0x12);
        Assert.False(Make("intel", "host").Features.Has("sgx"));
        Assert.Empty(Make("intel", "host").MissingFeatures);
        Assert.Empty(Make("amd", "max").MissingFeatures);
    }

    [Fact]
    public void Build_HostWithoutBrandLeaves_TakesTheBrandFromTheCapabilities()
    {
        CpuidEntry[] supported = [.. Hosts.Amd.Where(e => e.Function is < 0x80000002 or > 0x80000004)];
        CpuidHostCapabilities capabilities = Hosts.Capabilities with { BrandString = "AMD EPYC" };

        Assert.Equal("AMD EPYC", Brand(CpuidBuilder.Build(supported, CpuSpec.For("host"), s_one, 0, capabilities)));
    }

    [Fact]
    public void Build_NestedHost_HasNeitherXsaveNorItsLeaf()
    {
        CpuidBuilder builder = Make("nested", "EPYC-Milan");

        Assert.DoesNotContain(builder.Build(0), e => e.Function == 0xd);
        Assert.False(builder.Features.Has("avx"));
        Assert.Contains("warning: host doesn't support requested feature: CPUID.01H:ECX.xsave [bit 26]", builder.MissingFeatures);
        Assert.Equal(0x00b00f21u, Make("nested", "host").Build(0).Leaf(1).Eax);
        Assert.Equal(string.Empty, Brand(Make("nested", "host").Build(0)));
    }

    [Fact]
    public void MissingFeatures_NamedModel_AreListedInTableOrder()
    {
        CpuidBuilder builder = Make("amd", "Broadwell");

        Assert.Equal(
            [
                "warning: host doesn't support requested feature: CPUID.07H:EBX.hle [bit 4]",
                "warning: host doesn't support requested feature: CPUID.07H:EBX.rtm [bit 11]",
            ],
            builder.MissingFeatures);
        Assert.False(builder.Features.Has("hle"));
        Assert.Empty(Make("amd", "Broadwell,check=off").MissingFeatures);
        Assert.Empty(Make("amd", "Broadwell,-hle,rtm=off").MissingFeatures);
    }

    [Fact]
    public void MissingFeatures_Asked_IsListedAndLeftOut()
    {
        CpuidBuilder builder = Make("amd", "qemu64,+avx,+xsave,+avx512f");

        Assert.Equal(["warning: host doesn't support requested feature: CPUID.07H:EBX.avx512f [bit 16]"], builder.MissingFeatures);
        Assert.True(builder.Features.Has("avx"));
    }

    [Fact]
    public void Enforce_MissingFeature_Refuses()
    {
        CpuModelException e = Assert.Throws<CpuModelException>(() => Make("amd", "Broadwell,enforce"));

        Assert.Equal("Host doesn't support requested features", e.Message);
        Assert.Equal(2, e.Details.Count);
        Assert.NotEmpty(Make("amd", "EPYC-Milan,enforce").Build(0));
    }

    [Fact]
    public void NestedVirtualization_NamedModel_IsOnlyForTheAsking()
    {
        Assert.False(Make("amd", "EPYC").Features.Has("svm"));
        Assert.DoesNotContain(Make("amd", "EPYC").Build(0), e => e.Function == 0x8000000a);
        Assert.True(Make("amd", "EPYC,+svm,+npt").Features.Has("npt"));
        Assert.Contains(Make("amd", "EPYC,+svm").Build(0), e => e.Function == 0x8000000a);
        Assert.False(Make("intel", "Haswell").Features.Has("vmx"));
        Assert.True(Make("intel", "Haswell,+vmx").Features.Has("vmx"));
        Assert.False(Make("amd", "EPYC").Features.Has("monitor"));
    }

    [Fact]
    public void Dependencies_BaseSwitchedOff_TakesWhatIsBuiltOnIt()
    {
        CpuidBuilder builder = Make("intel", "host,-xsave");

        Assert.Empty(CpuFeatureSet.Parse("avx avx2 avx512f avx512vl fma xsaves pku").Intersect(builder.Features).Describe());
        Assert.DoesNotContain(builder.Build(0), e => e.Function == 0xd);
        Assert.False(Make("intel", "host,-avx512f").Features.Has("avx512bw"));
    }

    [Theory]
    [InlineData("Haswell", 0x007u, 0x340u)]
    [InlineData("Icelake-Server", 0x2e7u, 0xa88u)]
    [InlineData("SandyBridge,-avx", 0x003u, 0x240u)]
    [InlineData("host,-avx512f", 0x207u, 0xa88u)]
    public void ExtendedState_Model_HasOnlyStatesOfItsFeatures(string cpu, uint states, uint size)
    {
        CpuidEntry[] cpuid = Make("intel", cpu).Build(0);

        Assert.Equal((states, size), (cpuid.Leaf(0xd).Eax, cpuid.Leaf(0xd).Ecx));
        Assert.Equal(
            Enumerable.Range(2, 62).Where(i => (states >> i & 1) != 0 && i < 32).Select(i => (uint)i),
            cpuid.Where(e => e.Function == 0xd && e.Index >= 2).Select(e => e.Index));
    }

    [Fact]
    public void Paravirtual_Leaves_CarryKvmAndTheTscFrequency()
    {
        CpuidHostCapabilities known = Hosts.Capabilities with { TscKhz = 2_900_000, MsiExtendedDestinationId = true };

        CpuidEntry[] cpuid = CpuidBuilder.Build(Hosts.Intel, CpuSpec.For("Haswell"), s_one, 0, known);
        CpuidEntry[] unknown = Make("intel", "Haswell").Build(0);

        Assert.Equal(new CpuidEntry(0x40000000, 0, 0, 0x40000010, 0x4b4d564b, 0x564b4d56, 0x4d), cpuid.Leaf(0x40000000));
        Assert.Equal(new CpuidEntry(0x40000010, 0, 0, 2_900_000, 1_000_000, 0, 0), cpuid.Leaf(0x40000010));
        Assert.Equal(0x0100c0fbu, cpuid.Leaf(0x40000001).Eax);
        Assert.Equal(0x010040fbu, unknown.Leaf(0x40000001).Eax);
        Assert.Equal(0x40000001u, unknown.Leaf(0x40000000).Eax);
        Assert.DoesNotContain(Make("intel", "Haswell,kvm=off").Build(0), e => e.Function is >= 0x40000000 and < 0x80000000);
    }

    [Fact]
    public void TscDeadline_NoCapability_IsNotOffered()
    {
        CpuidBuilder builder = new(Hosts.Amd, CpuSpec.For("EPYC"), s_one, CpuidHostCapabilities.None);

        Assert.False(builder.Features.Has("tsc-deadline"));
        Assert.Empty(builder.MissingFeatures);
    }

    [Fact]
    public void Level_Dies_RaiseToLeaf1FUnlessTheUserSaysOtherwise()
    {
        CpuTopology dies = new(1, 2, 1, 2, 1);

        Assert.Equal(0x1fu, CpuidBuilder.Build(Hosts.Intel, CpuSpec.For("Nehalem"), dies, 0).Leaf(0).Eax);
        CpuidEntry[] limited = CpuidBuilder.Build(Hosts.Intel, CpuSpec.Parse("Nehalem,level=0xb,xlevel=0x80000004"), dies, 0);
        Assert.Equal(0xbu, limited.Leaf(0).Eax);
        Assert.DoesNotContain(limited, e => e.Function is (> 0xb and < 0x40000000) or > 0x80000004);
    }

    [Fact]
    public void AmdAliases_FollowLeaf1()
    {
        CpuidEntry[] cpuid = Make("amd", "EPYC,-apic").Build(0);

        Assert.Equal(cpuid.Leaf(1).Edx & 0x0183f3ff, cpuid.Leaf(0x80000001).Edx & 0x0183f3ff);
        Assert.Equal(0u, cpuid.Leaf(0x80000001).Edx & 1u << 9);
        Assert.Equal(0u, Make("intel", "Haswell").Build(0).Leaf(0x80000001).Edx & 0x0183f3ff);
    }

    [Fact]
    public void Overrides_OfTheUser_ReachTheLeaves()
    {
        CpuidEntry[] cpuid = Make("amd", "host,family=6,model=0x3c,stepping=1,vendor=GenuineIntel,model-id=Mine,phys-bits=40,l3-cache=off").Build(0);

        Assert.Equal(0x000306c1u, cpuid.Leaf(1).Eax);
        Assert.Equal("Mine", Brand(cpuid));
        Assert.Equal(40u, cpuid.Leaf(0x80000008).Eax & 0xff);
        Assert.Equal(0u, cpuid.Leaf(4, 3).Eax);
        Assert.NotEqual(0u, cpuid.Leaf(4, 2).Eax);
    }

    [Fact]
    public void Migratable_Host_HidesTheInvariantTsc()
    {
        Assert.True(Make("intel", "host").Features.Has("invtsc"));
        Assert.False(Make("intel", "host,migratable=on").Features.Has("invtsc"));
        Assert.False(Make("intel", "Haswell").Features.Has("invtsc"));
        Assert.True(Make("intel", "Haswell,+invtsc").Features.Has("invtsc"));
    }

    [Fact]
    public void Build_TooManyHostLeaves_IsRefused()
    {
        List<CpuidEntry> supported = [.. Hosts.Intel];
        for (uint index = 0; index < 300; index++)
        {
            supported.Add(new CpuidEntry(0x18, index, 1, 1, 1, 1, 1));
        }

        Assert.Contains(
            "KVM takes at most 256",
            Assert.Throws<CpuModelException>(() => CpuidBuilder.Build(supported, CpuSpec.For("host"), s_one, 0)).Message);
    }

    [Fact]
    public void Build_EmptyHost_StillDescribesTheTopology()
    {
        CpuidEntry[] cpuid = CpuidBuilder.Build([], CpuSpec.For("qemu64"), s_one, 3);

        Assert.Equal(3u, cpuid.Leaf(1).Ebx >> 24);
        Assert.Equal(0x2003u, cpuid.Leaf(0x80000008).Ecx);
    }

    private static CpuidBuilder Make(string host, string cpu) =>
        new(Hosts.ByName(host), CpuSpec.Parse(cpu), s_one, Hosts.Capabilities);

    private static string Brand(CpuidEntry[] cpuid)
    {
        IEnumerable<uint> registers = new uint[] { 0x80000002, 0x80000003, 0x80000004 }
            .Select(f => cpuid.Leaf(f))
            .SelectMany(e => new[] { e.Eax, e.Ebx, e.Ecx, e.Edx });
        return Encoding.ASCII.GetString([.. registers.SelectMany(BitConverter.GetBytes)]).TrimEnd('\0');
    }
}
