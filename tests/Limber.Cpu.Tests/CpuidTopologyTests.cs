using System.Linq;

namespace Limber.Cpu.Tests;

public sealed class CpuidTopologyTests
{
    // sockets, dies, modules, cores, threads
    public static TheoryData<int, int, int, int, int> Grid()
    {
        TheoryData<int, int, int, int, int> grid = [];
        foreach (int sockets in new[] { 1, 2, 3 })
        {
            foreach (int dies in new[] { 1, 2, 3 })
            {
                foreach (int modules in new[] { 1, 2 })
                {
                    foreach (int cores in new[] { 1, 3, 4 })
                    {
                        foreach (int threads in new[] { 1, 2 })
                        {
                            grid.Add(sockets, dies, modules, cores, threads);
                        }
                    }
                }
            }
        }

        return grid;
    }

    [Theory]
    [MemberData(nameof(Grid))]
    public void Build_Intel_ExtendedLeavesDecodeToLocation(int sockets, int dies, int modules, int cores, int threads)
    {
        CpuTopology topology = new(sockets, dies, modules, cores, threads);
        CpuidBuilder builder = new(Hosts.Intel, CpuSpec.For("Haswell"), topology, Hosts.Capabilities);
        for (int index = 0; index < topology.Total; index++)
        {
            CpuLocation location = topology.Location(index);
            LinuxTopology decoded = LinuxTopology.FromExtendedLeaf(builder.Build(index));

            AssertSame(topology, index, decoded);
            Assert.Equal(dies > 1 ? (uint)location.DieId : null, decoded.Die);
            Assert.Equal(modules > 1 ? (uint)location.ModuleId : null, decoded.Module);
        }
    }

    [Theory]
    [MemberData(nameof(Grid))]
    public void Build_IntelWithoutX2Apic_LegacyLeavesDecodeToLocation(int sockets, int dies, int modules, int cores, int threads)
    {
        CpuTopology topology = new(sockets, dies, modules, cores, threads);
        CpuidBuilder builder = new(Hosts.Intel, CpuSpec.Parse("kvm64,-x2apic"), topology, Hosts.Capabilities);
        for (int index = 0; index < topology.Total; index++)
        {
            CpuidEntry[] cpuid = builder.Build(index);

            Assert.DoesNotContain(cpuid, e => e.Function is 0xb or 0x1f);
            AssertSame(topology, index, LinuxTopology.FromIntelLegacy(cpuid));
        }
    }

    [Theory]
    [MemberData(nameof(Grid))]
    public void Build_AmdWithTopoext_DecodesToLocation(int sockets, int dies, int modules, int cores, int threads)
    {
        CpuTopology topology = new(sockets, dies, modules, cores, threads);
        CpuidBuilder builder = new(Hosts.Amd, CpuSpec.For("EPYC-Milan"), topology, Hosts.Capabilities);
        for (int index = 0; index < topology.Total; index++)
        {
            CpuidEntry[] cpuid = builder.Build(index);
            LinuxTopology topoext = LinuxTopology.FromAmdTopoext(cpuid);

            AssertSame(topology, index, topoext);
            Assert.Equal((uint)dies - 1, cpuid.Leaf(0x8000001e).Ecx >> 8);
            Assert.Equal(topology.ApicId(index) >> topology.DieShift, topoext.Die);
            AssertSame(topology, index, LinuxTopology.FromExtendedLeaf(cpuid));
            Assert.DoesNotContain(cpuid, e => e.Function == 0x1f);
        }
    }

    [Theory]
    [MemberData(nameof(Grid))]
    public void Build_AmdWithoutTopoext_PackageIsRightAndEveryCpuIsACore(int sockets, int dies, int modules, int cores, int threads)
    {
        CpuTopology topology = new(sockets, dies, modules, cores, threads);
        CpuidBuilder builder = new(Hosts.Amd, CpuSpec.Parse("qemu64,-topoext"), topology, Hosts.Capabilities);
        LinuxTopology[] decoded =
            [.. Enumerable.Range(0, topology.Total).Select(i => LinuxTopology.FromAmdLegacy(builder.Build(i)))];

        Assert.Equal(Enumerable.Range(0, topology.Total).Select(i => (uint)topology.Location(i).SocketId), decoded.Select(d => d.Package));
        Assert.Equal(topology.Total, decoded.Select(d => (d.Package, d.CoreInPackage)).Distinct().Count());
        bool several = topology.ThreadsPerPackage > 1;
        Assert.Equal(several, (builder.Build(0).Leaf(0x80000001).Ecx & 2) != 0);
        Assert.Equal(several, (builder.Build(0).Leaf(1).Edx & 1u << 28) != 0);
        Assert.DoesNotContain(builder.Build(0), e => e.Function is 0x8000001d or 0x8000001e);
    }

    [Fact]
    public void Build_CacheSharing_CoversTheIdsOfACoreAndOfADie()
    {
        CpuTopology topology = new(1, 2, 1, 3, 2);

        CpuidEntry[] intel = CpuidBuilder.Build(Hosts.Intel, CpuSpec.For("Skylake-Server"), topology, 0);
        CpuidEntry[] amd = CpuidBuilder.Build(Hosts.Amd, CpuSpec.For("EPYC"), topology, 0);

        // Three cores occupy four ids, so a die spans eight APIC ids; a core spans two.
        Assert.Equal([2u, 2u, 2u, 8u], Enumerable.Range(0, 4).Select(i => (intel.Leaf(4, (uint)i).Eax >> 14 & 0xfff) + 1));
        Assert.Equal([2u, 2u, 2u, 8u], Enumerable.Range(0, 4).Select(i => (amd.Leaf(0x8000001d, (uint)i).Eax >> 14 & 0xfff) + 1));
        Assert.Equal(8u, (intel.Leaf(4).Eax >> 26) + 1);
        Assert.Equal(1024 * 1024u, Size(intel.Leaf(4, 2)));
        Assert.Equal(512 * 1024u, Size(amd.Leaf(0x8000001d, 2)));
        Assert.Equal(512u, amd.Leaf(0x80000006).Ecx >> 16);
        Assert.Equal(8192u / 512, amd.Leaf(0x80000006).Edx >> 18);
        Assert.Equal(0u, intel.Leaf(4, 4).Eax);

        static uint Size(CpuidEntry e) => ((e.Ebx >> 22) + 1) * ((e.Ebx >> 12 & 0x3ff) + 1) * ((e.Ebx & 0xfff) + 1) * (e.Ecx + 1);
    }

    [Theory]
    [InlineData("amd", "EPYC")]
    [InlineData("amd", "host")]
    [InlineData("intel", "Icelake-Server")]
    [InlineData("intel", "host")]
    public void Build_DifferentCpus_DifferOnlyInTheTopologyLeaves(string host, string model)
    {
        CpuTopology topology = new(2, 2, 1, 5, 2);
        CpuidBuilder builder = new(Hosts.ByName(host), CpuSpec.For(model), topology, Hosts.Capabilities);
        CpuidEntry[] first = builder.Build(0);
        for (int index = 1; index < topology.Total; index++)
        {
            CpuidEntry[] other = builder.Build(index);
            Assert.Equal(first.Length, other.Length);
            Assert.All(
                first.Zip(other).Where(pair => pair.First != pair.Second),
                pair => Assert.Contains(pair.First.Function, new uint[] { 1, 0xb, 0x1f, 0x8000001e }));
        }
    }

    [Fact]
    public void Build_ApicIdAbove255_KeepsAllBitsInLeafB()
    {
        CpuTopology topology = new(4, 1, 1, 128, 2);
        CpuidBuilder builder = new(Hosts.Intel, CpuSpec.For("host"), topology, Hosts.Capabilities);

        CpuidEntry[] last = builder.Build(topology.Total - 1);

        Assert.Equal(1023u, last.Leaf(0xb).Edx);
        Assert.Equal(1023u, last.Leaf(0xb, 2).Edx);
        Assert.Equal(255u, last.Leaf(1).Ebx >> 24);
        Assert.Equal(255u, last.Leaf(1).Ebx >> 16 & 0xff);
        AssertSame(topology, topology.Total - 1, LinuxTopology.FromExtendedLeaf(last));
    }

    [Fact]
    public void TopologyWarning_ThreadsOnAmdWithoutTopoext_NamesTheCount()
    {
        CpuTopology topology = new(1, 1, 1, 1, 2);

        Assert.Equal(
            "warning: This family of AMD CPU doesn't support hyperthreading(2). Please configure -smp options properly or try enabling topoext feature.",
            new CpuidBuilder(Hosts.Amd, CpuSpec.Parse("qemu64,-topoext"), topology, Hosts.Capabilities).TopologyWarning);
        Assert.Null(new CpuidBuilder(Hosts.Amd, CpuSpec.For("IvyBridge"), topology, Hosts.Capabilities).TopologyWarning);
        Assert.Null(new CpuidBuilder(Hosts.Amd, CpuSpec.For("EPYC"), topology, Hosts.Capabilities).TopologyWarning);
        Assert.Null(new CpuidBuilder(Hosts.Intel, CpuSpec.For("kvm64"), topology, Hosts.Capabilities).TopologyWarning);
    }

    private static void AssertSame(CpuTopology topology, int index, LinuxTopology decoded)
    {
        CpuLocation location = topology.Location(index);
        uint inPackage = topology.ApicId(location with { SocketId = 0, ThreadId = 0 }) >> topology.CoreShift;
        Assert.Equal(topology.ApicId(index), decoded.ApicId);
        Assert.Equal((uint)location.SocketId, decoded.Package);
        Assert.Equal(inPackage, decoded.CoreInPackage);
        Assert.Equal((uint)location.ThreadId, decoded.ThreadInCore);
    }
}
