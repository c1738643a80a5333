using System.Linq;
using Limber.Config;

namespace Limber.CommandLine.Tests;

/// <summary><c>-numa</c> and the memory backends it names.</summary>
public sealed class QemuNumaTests
{
    /// <summary>Two sockets of two cores, and one backend with all memory.</summary>
    private const string Start =
        "limber -M q35 -m 256M -smp 1,maxcpus=4,sockets=2,cores=2,threads=1 -object memory-backend-ram,id=m0,size=256M ";

    [Fact]
    public void WithoutOptions_ThereAreNoNodes()
    {
        Assert.False(CommandLines.Run("limber -smp 4").Numa.IsConfigured);
        Assert.Null(CommandLines.Run("limber -smp 4").Numa.NodeOf(3));
    }

    [Theory]
    [InlineData("-numa node,nodeid=0,memdev=m0 -numa node,nodeid=1 -numa cpu,node-id=0,socket-id=0 -numa cpu,node-id=1,socket-id=1", "0 0 1 1")]
    [InlineData("-numa node,nodeid=0,memdev=m0 -numa node,nodeid=1", "0 0 1 1")]
    [InlineData("-numa node,memdev=m0 -numa node -numa node", "0 0 1 1")]
    [InlineData("-numa node,memdev=m0", "0 0 0 0")]
    [InlineData("-numa node,nodeid=0,cpus=0-1,memdev=m0 -numa node,nodeid=1,cpus=2-3", "0 0 1 1")]
    [InlineData("-numa node,nodeid=1,cpus=0,cpus=2-3,memdev=m0 -numa node,nodeid=0,cpus=1", "1 0 1 1")]
    [InlineData("-numa node,memdev=m0,cpus=0-3,cpus=0x1", "0 0 0 0")]
    [InlineData("-numa node,memdev=m0 -numa node -numa cpu,node-id=1,core-id=0 -numa cpu,node-id=0,core-id=1,thread-id=0", "1 0 1 0")]
    [InlineData("-numa type=node,memdev=m0 -numa node -numa cpu,node-id=1 -numa cpu,node-id=1,socket-id=1", "1 1 1 1")]
    public void Processors_AreWhereTheOptionsSay(string options, string expected)
    {
        NumaConfig numa = CommandLines.Run(Start + options).Numa;
        Assert.Equal(expected, string.Join(' ', numa.ProcessorNodes));
        Assert.Null(numa.FindProblem(4, 256 << 20));
    }

    [Fact]
    public void Processors_LeftOutOfAPartialMap_AreInNodeZeroWithAWarning()
    {
        var run = Assert.IsType<CommandLineResult.Run>(CommandLines.Parse(
            Start + "-numa node,nodeid=0,memdev=m0 -numa node,nodeid=1 -numa cpu,node-id=1,socket-id=0"));
        Assert.Equal([1, 1, 0, 0], run.Config.Numa.ProcessorNodes);
        Assert.Equal(
            [
                "warning: CPU(s) not present in any NUMA nodes: "
                    + "CPU 2 [socket-id: 1, core-id: 0, thread-id: 0], CPU 3 [socket-id: 1, core-id: 1, thread-id: 0]",
                "warning: All CPU(s) up to maxcpus should be described in NUMA config, "
                    + "ability to start up with partial NUMA mappings is obsoleted and will be removed in future",
            ],
            run.Warnings);
    }

    [Fact]
    public void Memory_ComesFromBackends_OfAllSpellings()
    {
        VmConfig config = CommandLines.Run("""
            limber -m 1G -numa node,memdev=a -numa node,memdev=b
            -object '{"qom-type": "memory-backend-ram", "id": "a", "size": 268435456, "share": false}'
            -object memory-backend-memfd,id=b,size=768M,share=off,merge=off,policy=default,prealloc=no
            """);
        Assert.Equal([256UL << 20, 768UL << 20], config.Numa.NodeMemory);
        Assert.False(config.Memory.Shared);
    }

    [Theory]
    [InlineData("memory-backend-ram", false)]
    [InlineData("memory-backend-ram,share=on", true)]
    [InlineData("memory-backend-memfd", true)]
    public void Memory_IsShared_WhenABackendIs(string type, bool shared) =>
        Assert.Equal(shared, CommandLines.Run($"limber -m 64M -object {type},id=m,size=64M -numa node,memdev=m").Memory.Shared);

    [Theory]
    [InlineData("-M pc-q35-5.0 -m 100M -numa node -numa node -numa node", "33554432 33554432 37748736")]
    [InlineData("-M pc-i440fx-4.2 -m 100M -numa node,mem=40 -numa node,mem=61440k", "41943040 62914560")]
    public void Memory_OnOldMachineTypes_IsSizedByNodes(string options, string expected) =>
        Assert.Equal(expected, string.Join(' ', CommandLines.Run("limber " + options).Numa.NodeMemory));

    [Theory]
    [InlineData("", "")]
    [InlineData("-numa dist,src=0,dst=1,val=21", "10 21 21 10")]
    [InlineData("-numa dist,src=1,dst=0,val=21", "10 21 21 10")]
    [InlineData("-numa dist,src=1,dst=0,val=21 -numa dist,src=0,dst=1,val=255 -numa dist,src=0,dst=0,val=10", "10 255 21 10")]
    public void Distances_NeedOneDirection(string options, string expected) =>
        Assert.Equal(expected, string.Join(' ', CommandLines.Run(Start + "-numa node,memdev=m0 -numa node " + options).Numa.Distances));

    [Theory]
    [InlineData("-numa node,nodeid=0,memdev=m0 -numa cpu,node-id=5,socket-id=0", "-numa cpu,node-id=5,socket-id=0: Invalid node-id=5, NUMA node must be defined with -numa node,nodeid=ID before it's used with -numa cpu,node-id=ID")]
    [InlineData("-numa cpu,node-id=0,socket-id=0", "-numa cpu,node-id=0,socket-id=0: Invalid node-id=0, NUMA node must be defined with -numa node,nodeid=ID before it's used with -numa cpu,node-id=ID")]
    [InlineData("-numa node,memdev=m0 -numa cpu,node-id=0,socket-id=9", "-numa cpu,node-id=0,socket-id=9: no match found")]
    [InlineData("-numa node,memdev=m0 -numa cpu,node-id=0,die-id=0", "-numa cpu,node-id=0,die-id=0: die-id is not supported")]
    [InlineData("-numa node,memdev=m0 -numa cpu,node-id=0,cluster-id=0", "-numa cpu,node-id=0,cluster-id=0: cluster-id is not supported")]
    [InlineData("-numa node,memdev=m0 -numa cpu,node-id=0,foo=1", "-numa cpu,node-id=0,foo=1: Invalid parameter 'foo'")]
    [InlineData("-numa node,memdev=m0 -numa cpu,socket-id=0", "-numa cpu,socket-id=0: Missing mandatory node-id property")]
    [InlineData("-numa node,memdev=m0 -numa node -numa cpu,node-id=0,socket-id=0 -numa cpu,node-id=1,socket-id=0", "-numa cpu,node-id=1,socket-id=0: CPU is already assigned to node-id: 0")]
    [InlineData("-numa node,cpus=0-1,memdev=m0 -numa node,nodeid=1,cpus=1-3", "-numa node,nodeid=1,cpus=1-3: CPU is already assigned to node-id: 0")]
    [InlineData("-numa node,cpus=2-4", "-numa node,cpus=2-4: CPU index (4) should be smaller than maxcpus (4)")]
    [InlineData("-numa node,cpus=65536", "-numa node,cpus=65536: Parameter 'cpus' expects uint16_t")]
    [InlineData("-numa node,cpus=3-1", "-numa node,cpus=3-1: Parameter 'cpus' expects a uint64 value or range")]
    [InlineData("-numa node,cpus", "-numa node,cpus: Parameter 'cpus' expects a uint64 value or range")]
    [InlineData("-numa node,cpus=-1", "-numa node,cpus=-1: Parameter 'cpus' expects a uint64 value or range")]
    [InlineData("-numa node,nodeid=x", "-numa node,nodeid=x: Parameter 'nodeid' expects a uint64 value")]
    [InlineData("-numa node,nodeid=128", "-numa node,nodeid=128: Max number of NUMA nodes reached: 128")]
    [InlineData("-numa node,nodeid=0,memdev=m0 -numa node,nodeid=0", "-numa node,nodeid=0: Duplicate NUMA nodeid: 0")]
    [InlineData("-numa node,nodeid=1,memdev=m0", "numa: Node ID missing: 0")]
    [InlineData("-numa node,memdev=m0 -numa node,nodeid=3 -numa node,nodeid=2", "numa: Node ID missing: 1")]
    [InlineData("-numa foo", "-numa foo: Parameter 'type' does not accept value 'foo'")]
    [InlineData("-numa ''", "-numa : Parameter 'type' is missing")]
    [InlineData("-numa nodeid=0", "-numa nodeid=0: Parameter 'type' is missing")]
    [InlineData("-numa node,foo=1", "-numa node,foo=1: Invalid parameter 'foo'")]
    [InlineData("-numa node,mem=256M", "-numa node,mem=256M: Parameter -numa node,mem is not supported by this machine type; use -numa node,memdev instead")]
    [InlineData("-numa node,mem=1,memdev=m0", "-numa node,mem=1,memdev=m0: numa configuration should use either mem= or memdev=,mixing both is not allowed")]
    [InlineData("-numa node,memdev=nosuch", "-numa node,memdev=nosuch: memdev=nosuch is ambiguous")]
    [InlineData("-numa node,memdev=m0 -numa node,memdev=m0", "memory backend m0 can't be used multiple times.")]
    [InlineData("-m 512M -numa node,memdev=m0", "total memory for NUMA nodes (0x10000000) should equal RAM size (0x20000000)")]
    [InlineData("-numa node", "total memory for NUMA nodes (0x0) should equal RAM size (0x10000000)")]
    [InlineData("-numa node,memdev=m0 -numa node,initiator=0", "-numa node,initiator=0: initiator=0: memory attributes (HMAT): not built yet")]
    [InlineData("-numa node,memdev=m0 -numa hmat-lb,initiator=0", "-numa hmat-lb,initiator=0: memory attributes (HMAT): not built yet")]
    [InlineData("-numa node,memdev=m0 -numa hmat-cache,node-id=0", "-numa hmat-cache,node-id=0: memory attributes (HMAT): not built yet")]
    [InlineData("-numa node,memdev=m0 -numa dist,src=0,dst=1,val=20", "-numa dist,src=0,dst=1,val=20: Source/Destination NUMA node is missing. Please use '-numa node' option to declare it first.")]
    [InlineData("-numa node,memdev=m0 -numa dist,src=0,dst=128,val=20", "-numa dist,src=0,dst=128,val=20: Parameter 'dst' expects an integer between 0 and 127")]
    [InlineData("-numa node,memdev=m0 -numa dist,src=0,dst=0,val=9", "-numa dist,src=0,dst=0,val=9: NUMA distance (9) is invalid, it shouldn't be less than 10.")]
    [InlineData("-numa node,memdev=m0 -numa dist,src=0,dst=0,val=11", "-numa dist,src=0,dst=0,val=11: Local distance of node 0 should be 10.")]
    [InlineData("-numa node,memdev=m0 -numa dist,src=0,dst=0,val=256", "-numa dist,src=0,dst=0,val=256: Parameter 'val' expects uint8_t")]
    [InlineData("-numa node,memdev=m0 -numa dist,src=0,dst=0", "-numa dist,src=0,dst=0: Parameter 'val' is missing")]
    [InlineData("-numa node,memdev=m0 -numa node -numa dist,src=0,dst=1,val=10", "NUMA distance (10) from node 0 to node 1 is invalid, it should be more than 10.")]
    [InlineData("-numa node,memdev=m0 -numa node -numa node -numa dist,src=0,dst=1,val=20", "The distance between node 0 and 2 is missing, at least one distance value between each nodes should be provided.")]
    [InlineData("-numa node,memdev=m0 -numa node -numa node -numa dist,src=0,dst=1,val=20 -numa dist,src=1,dst=0,val=30 -numa dist,src=0,dst=2,val=20 -numa dist,src=1,dst=2,val=20", "At least one asymmetrical pair of distances is given, please provide distances for both directions of all node pairs.")]
    public void BadNodes_AreRefused(string options, string expected) =>
        Assert.Equal("limber: " + expected, CommandLines.Error(Start + options));

    [Theory]
    [InlineData("memory-backend-ram,size=1M", "Parameter 'id' is missing")]
    [InlineData("memory-backend-ram,id=1m,size=1M", "Parameter 'id' expects an identifier")]
    [InlineData("memory-backend-ram,id=m", "Parameter 'size' is missing")]
    [InlineData("memory-backend-ram,id=m,size=0", "property 'size' of memory-backend-ram doesn't take value '0'")]
    [InlineData("memory-backend-ram,id=m,size=x", "Parameter 'size' expects uint64")]
    [InlineData("memory-backend-ram,id=m,size=1M,foo=1", "Parameter 'foo' is unexpected")]
    [InlineData("memory-backend-ram,id=m,size=1M,seal=on", "Parameter 'seal' is unexpected")]
    [InlineData("memory-backend-ram,id=m,size=1M,share=maybe", "Parameter 'share' expects 'on' or 'off'")]
    [InlineData("memory-backend-memfd,id=m,size=1M,hugetlb=on,hugetlbsize=2M", "hugetlbsize=2097152 does not divide the 1048576 bytes of memory")]
    [InlineData("memory-backend-memfd,id=m,size=2M,hugetlbsize=2M", "hugetlbsize=2097152 says the size of huge pages, and there are none")]
    [InlineData("memory-backend-ram,id=m,size=2M,hugetlb=on", "Parameter 'hugetlb' is unexpected")]
    [InlineData("memory-backend-file,id=m,size=1M", "Parameter 'mem-path' is missing")]
    [InlineData("memory-backend-ram,id=m,size=1M,policy=bind", "policy=bind: not built yet (supported: default)")]
    [InlineData("memory-backend-ram,id=m,size=1M,host-nodes.0=1", "host-nodes.0=1: not built yet")]
    [InlineData("id=m,size=1M", "Parameter 'qom-type' is missing")]
    [InlineData("{", "not a JSON object of at most 8 levels")]
    public void BadBackends_AreRefused(string value, string expected) =>
        Assert.Equal($"limber: -object {value}: {expected}", CommandLines.Error($"limber -object {value}"));

    [Theory]
    [InlineData("memory-backend-epc,id=m,size=1M")]
    [InlineData("iothread,id=r")]
    public void OtherObjects_AreNotBuilt(string value) =>
        Assert.Equal(
            $"limber: -object {value}: not built yet (supported: memory-backend-file, memory-backend-memfd, memory-backend-ram, rng-builtin, rng-random)",
            CommandLines.Error($"limber -object {value}"));

    [Fact]
    public void Backends_WithOneId_AreRefused() =>
        Assert.EndsWith(": attempt to add duplicate property 'm0' to object (type 'container')", CommandLines.Error(Start + "-object memory-backend-ram,id=m0,size=1M"));

    [Fact]
    public void Nodes_CanBeAsManyAsTheLimit()
    {
        string nodes = string.Concat(Enumerable.Repeat("-numa node ", NumaConfig.MaxNodes - 1));
        Assert.Equal(NumaConfig.MaxNodes, CommandLines.Run(Start + "-numa node,memdev=m0 " + nodes).Numa.Count);
        Assert.EndsWith("Max number of NUMA nodes reached: 128", CommandLines.Error(Start + "-numa node,memdev=m0 -numa node " + nodes));
    }
}
