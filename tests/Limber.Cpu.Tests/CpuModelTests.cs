using System.Collections.Generic;
using System.Linq;

namespace Limber.Cpu.Tests;

/// <summary>The table of models, against what QEMU 10.0 lists and expands.</summary>
public sealed class CpuModelTests
{
    private const string NamesOfQemu =
        "486 486-v1 Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Broadwell-v1 Broadwell-v2 Broadwell-v3 " +
        "Broadwell-v4 Cascadelake-Server Cascadelake-Server-noTSX Cascadelake-Server-v1 Cascadelake-Server-v2 " +
        "Cascadelake-Server-v3 Cascadelake-Server-v4 Cascadelake-Server-v5 ClearwaterForest ClearwaterForest-v1 Conroe " +
        "Conroe-v1 Cooperlake Cooperlake-v1 Cooperlake-v2 Denverton Denverton-v1 Denverton-v2 Denverton-v3 Dhyana Dhyana-v1 " +
        "Dhyana-v2 EPYC EPYC-Genoa EPYC-Genoa-v1 EPYC-IBPB EPYC-Milan EPYC-Milan-v1 EPYC-Milan-v2 EPYC-Rome EPYC-Rome-v1 " +
        "EPYC-Rome-v2 EPYC-Rome-v3 EPYC-Rome-v4 EPYC-v1 EPYC-v2 EPYC-v3 EPYC-v4 GraniteRapids GraniteRapids-v1 GraniteRapids-v2 " +
        "Haswell Haswell-IBRS Haswell-noTSX Haswell-noTSX-IBRS Haswell-v1 Haswell-v2 Haswell-v3 Haswell-v4 Icelake-Server " +
        "Icelake-Server-noTSX Icelake-Server-v1 Icelake-Server-v2 Icelake-Server-v3 Icelake-Server-v4 Icelake-Server-v5 " +
        "Icelake-Server-v6 Icelake-Server-v7 IvyBridge IvyBridge-IBRS IvyBridge-v1 IvyBridge-v2 KnightsMill KnightsMill-v1 " +
        "Nehalem Nehalem-IBRS Nehalem-v1 Nehalem-v2 Opteron_G1 Opteron_G1-v1 Opteron_G2 Opteron_G2-v1 Opteron_G3 Opteron_G3-v1 " +
        "Opteron_G4 Opteron_G4-v1 Opteron_G5 Opteron_G5-v1 Penryn Penryn-v1 SandyBridge SandyBridge-IBRS SandyBridge-v1 " +
        "SandyBridge-v2 SapphireRapids SapphireRapids-v1 SapphireRapids-v2 SapphireRapids-v3 SierraForest SierraForest-v1 " +
        "SierraForest-v2 Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Client-v1 Skylake-Client-v2 " +
        "Skylake-Client-v3 Skylake-Client-v4 Skylake-Server Skylake-Server-IBRS Skylake-Server-noTSX-IBRS Skylake-Server-v1 " +
        "Skylake-Server-v2 Skylake-Server-v3 Skylake-Server-v4 Skylake-Server-v5 Snowridge Snowridge-v1 Snowridge-v2 " +
        "Snowridge-v3 Snowridge-v4 Westmere Westmere-IBRS Westmere-v1 Westmere-v2 YongFeng YongFeng-v1 YongFeng-v2 athlon " +
        "athlon-v1 core2duo core2duo-v1 coreduo coreduo-v1 host kvm32 kvm32-v1 kvm64 kvm64-v1 max n270 n270-v1 pentium " +
        "pentium-v1 pentium2 pentium2-v1 pentium3 pentium3-v1 phenom phenom-v1 qemu32 qemu32-v1 qemu64 qemu64-v1";

    private static readonly CpuTopology s_topology = new(1, 1, 1, 4, 1);

    public static TheoryData<string> Names => [.. NamesOfQemu.Split(' ')];

    [Theory]
    [MemberData(nameof(Names))]
    public void Find_NameOfQemu_IsThere(string name)
    {
        CpuModel model = CpuModels.Find(name);

        Assert.True(model.IsHost || model.Features.Has("fpu"));
        Assert.Contains(name, CpuModels.Names);
        Assert.InRange(model.ModelId.Length, 0, 48);
    }

    [Theory]
    [InlineData("486", "GenuineIntel", 4, 8, 0, 1u)]
    [InlineData("phenom", "AuthenticAMD", 16, 2, 3, 5u)]
    [InlineData("Opteron_G5", "AuthenticAMD", 21, 2, 0, 0xdu)]
    [InlineData("SapphireRapids-v3", "GenuineIntel", 6, 143, 4, 0x20u)]
    [InlineData("EPYC-Genoa", "AuthenticAMD", 25, 17, 0, 0xdu)]
    [InlineData("Dhyana", "HygonGenuine", 24, 0, 1, 0xdu)]
    [InlineData("YongFeng", "CentaurHauls", 7, 11, 3, 0x1fu)]
    public void Find_Model_HasItsIdentity(string name, string vendor, int family, int model, int stepping, uint level)
    {
        CpuModel found = CpuModels.Find(name);

        Assert.Equal((vendor, family, model, stepping, level), (found.Vendor.Id, found.Family, found.Model, found.Stepping, found.Level));
    }

    [Theory]
    [InlineData("SapphireRapids", "amx-tile avx512-fp16 serialize fzrm", "avx-ifma mcdt-no")]
    [InlineData("GraniteRapids", "amx-fp16 prefetchiti mcdt-no", "cmpccxadd")]
    [InlineData("SierraForest", "avx-vnni-int8 avx-ne-convert cmpccxadd", "avx512f amx-tile")]
    [InlineData("ClearwaterForest", "sha512 sm3 sm4 avx-vnni-int16 ipred-ctrl ddpd-u", "avx512f")]
    [InlineData("EPYC-Genoa", "avx512-bf16 la57 auto-ibrs vnmi", "amx-tile")]
    [InlineData("pentium3", "sse vme", "sse2 lm")]
    [InlineData("qemu64", "lm svm", "vme")]
    public void Find_Model_HasItsFeatures(string name, string with, string without)
    {
        CpuFeatureSet features = CpuModels.Find(name).Features;

        Assert.All(with.Split(' '), feature => Assert.True(features.Has(feature), feature));
        Assert.All(without.Split(' '), feature => Assert.False(features.Has(feature), feature));
    }

    [Fact]
    public void Builder_OfEveryModel_MakesLeavesOnEitherHost()
    {
        CpuTopology topology = s_topology;
        foreach (string name in CpuModels.Names)
        {
            foreach (IReadOnlyList<CpuidEntry> host in (IEnumerable<IReadOnlyList<CpuidEntry>>)[Hosts.Amd, Hosts.Intel])
            {
                CpuidEntry[] leaves = CpuidBuilder.Build(host, CpuSpec.For(name), topology, 0, Hosts.Capabilities);

                Assert.NotEqual(0u, System.Array.Find(leaves, leaf => leaf.Function == 1).Edx);
            }
        }
    }

    [Fact]
    public void Builder_Enforce_SaysWhichFeaturesAreMissing()
    {
        var refusal = Assert.Throws<CpuModelException>(() =>
            new CpuidBuilder(Hosts.Amd, CpuSpec.Parse("qemu64,+vmx,+avx512f,+avx,enforce"), s_topology, Hosts.Capabilities));

        Assert.Equal("Host doesn't support requested features", refusal.Message);
        Assert.Contains("warning: host doesn't support requested feature: CPUID.01H:ECX.vmx [bit 5]", refusal.Details);
    }

    [Fact]
    public void Builder_FeatureWithoutItsBase_IsNotDroppedInSilence()
    {
        var builder = new CpuidBuilder(Hosts.Intel, CpuSpec.Parse("qemu64,+avx2"), s_topology, Hosts.Capabilities);

        Assert.Equal(
            ["warning: This feature depends on other features that were not requested: CPUID.07H:EBX.avx2 [bit 5]"],
            builder.MissingFeatures.Where(line => line.Contains("depends", System.StringComparison.Ordinal)));
    }
}
