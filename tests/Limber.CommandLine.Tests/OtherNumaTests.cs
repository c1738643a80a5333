using Limber.Config;

namespace Limber.CommandLine.Tests;

/// <summary>NUMA nodes in the dialects of StratoVirt and Cloud Hypervisor.</summary>
public sealed class OtherNumaTests
{
    private const string StratoVirt =
        "stratovirt -machine q35 -smp 2,maxcpus=8 -m 256 -kernel k -qmp unix:/tmp/q,server,nowait "
        + "-object memory-backend-ram,size=128M,id=mem0 -object memory-backend-ram,size=128M,id=mem1 ";

    private const string Cloud = "cloud-hypervisor --kernel k --cpus boot=2,max=4 --memory size=512M ";

    [Fact]
    public void StratoVirt_TakesListsOfRanges_AndFillsInDistances()
    {
        NumaConfig numa = CommandLines.Run(
            StratoVirt + "-numa node,nodeid=0,cpus=0-1:4-5,memdev=mem0 -numa node,nodeid=1,cpus=2-3:6:7,memdev=mem1 -numa dist,src=0,dst=1,val=30").Numa;
        Assert.Equal([0, 0, 1, 1, 0, 0, 1, 1], numa.ProcessorNodes);
        Assert.Equal([128UL << 20, 128UL << 20], numa.NodeMemory);
        Assert.Equal([10, 30, 20, 10], numa.Distances);
    }

    [Fact]
    public void StratoVirt_PutsProcessorsPluggedLaterIntoNodeZero() =>
        Assert.Equal(
            [0, 1, 0, 0, 0, 0, 0, 0],
            CommandLines.Run(StratoVirt + "-numa node,cpus=0,memdev=mem0 -numa node,cpus=1,memdev=mem1").Numa.ProcessorNodes);

    [Theory]
    [InlineData("-numa node,cpus=0,memdev=mem0 -numa node,cpus=4-6,memdev=mem1", "-numa: processor 1 of 2 is in no node")]
    [InlineData("-numa node,cpus=0-3,memdev=mem0 -numa node,cpus=3-7,memdev=mem1", "-numa node,cpus=3-7,memdev=mem1: CPU is already assigned to node-id: 0")]
    [InlineData("-numa node,cpus=0-7,memdev=mem0", "total memory for NUMA nodes (0x8000000) should equal RAM size (0x10000000)")]
    [InlineData("-numa node,cpus=0-7", "-numa node,cpus=0-7: 'memdev' is missing")]
    [InlineData("-numa node,memdev=mem0", "-numa node,memdev=mem0: 'cpus' is missing")]
    [InlineData("-numa node,nodeid=8,cpus=0,memdev=mem0", "-numa node,nodeid=8,cpus=0,memdev=mem0: 'nodeid' must be a number from 0 to 7, not '8'")]
    [InlineData("-numa node,cpus=0,memdev=x", "-numa node,cpus=0,memdev=x: memdev=x is ambiguous")]
    [InlineData("-numa dist,src=0,dst=1,val=20", "-numa dist,src=0,dst=1,val=20: Source/Destination NUMA node is missing. Please use '-numa node' option to declare it first.")]
    [InlineData("-numa dist,src=0", "-numa dist,src=0: 'dst' is missing")]
    [InlineData("-numa cpu,node-id=0", "-numa cpu,node-id=0: Invalid parameter 'cpu'")]
    public void StratoVirt_RefusesBadNodes(string options, string expected) =>
        Assert.Equal("stratovirt: " + expected, CommandLines.Error(StratoVirt + options));

    [Fact]
    public void CloudHypervisor_TakesSeveralValuesAndSeveralOptions()
    {
        NumaConfig numa = CommandLines.Run(
            Cloud + "--numa guest_numa_id=0,cpus=[0,2],distances=[1@15,2@25] guest_numa_id=1,cpus=[1] --numa guest_numa_id=2,cpus=3,memory_zones=mem0").Numa;
        Assert.Equal([0, 1, 0, 2], numa.ProcessorNodes);
        Assert.Equal([0, 0, 512UL << 20], numa.NodeMemory);
        Assert.Equal([10, 15, 25, 20, 10, 20, 20, 20, 10], numa.Distances);
    }

    [Fact]
    public void CloudHypervisor_GivesNodeZeroWhatNoNodeNames()
    {
        NumaConfig numa = CommandLines.Run(Cloud + "--numa guest_numa_id=1,cpus=[2-3] guest_numa_id=0").Numa;
        Assert.Equal([0, 0, 1, 1], numa.ProcessorNodes);
        Assert.Equal([512UL << 20, 0], numa.NodeMemory);
        Assert.Equal([10, 20, 20, 10], numa.Distances);
    }

    [Theory]
    [InlineData("cpus=[0]", "--numa cpus=[0]: guest_numa_id is missing")]
    [InlineData("guest_numa_id=x", "--numa guest_numa_id=x: guest_numa_id: 'x' is not a number from 0 to 127")]
    [InlineData("guest_numa_id=0 guest_numa_id=0", "--numa guest_numa_id=0: guest_numa_id=0 is given twice")]
    [InlineData("guest_numa_id=0 guest_numa_id=2", "--numa: guest_numa_id=1 is missing; nodes are numbered from 0 without gaps")]
    [InlineData("guest_numa_id=0,cpus=[0-4]", "--numa guest_numa_id=0,cpus=[0-4]: cpus: '4' is not a number from 0 to 3")]
    [InlineData("guest_numa_id=0,cpus=[2-1]", "--numa guest_numa_id=0,cpus=[2-1]: cpus=2-1 ends before it begins")]
    [InlineData("guest_numa_id=0,cpus=[0-1] guest_numa_id=1,cpus=[1]", "--numa guest_numa_id=1,cpus=[1]: vCPU 1 is in two nodes, 0 and 1")]
    [InlineData("guest_numa_id=0,distances=[1@20]", "--numa guest_numa_id=0,distances=[1@20]: distances: '1' is not a number from 0 to 0")]
    [InlineData("guest_numa_id=0,distances=[0@10,0@10]", "--numa guest_numa_id=0,distances=[0@10,0@10]: the distance to node 0 is given twice")]
    [InlineData("guest_numa_id=0,distances=[0]", "--numa guest_numa_id=0,distances=[0]: distances: '' is not a number from 0 to 255")]
    [InlineData("guest_numa_id=0,memory_zones=[mem1]", "--numa guest_numa_id=0,memory_zones=[mem1]: there is no memory zone 'mem1'; there is mem0")]
    [InlineData("guest_numa_id=0,memory_zones=mem0 guest_numa_id=1,memory_zones=mem0", "--numa guest_numa_id=1,memory_zones=mem0: memory zone 'mem0' is in two nodes, 0 and 1")]
    [InlineData("guest_numa_id=0,pci_segments=[0]", "--numa guest_numa_id=0,pci_segments=[0]: pci_segments=[0]: not built yet")]
    [InlineData("guest_numa_id=0,foo=1", "--numa guest_numa_id=0,foo=1: unknown option 'foo'")]
    public void CloudHypervisor_RefusesBadNodes(string values, string expected) =>
        Assert.Equal("cloud-hypervisor: " + expected, CommandLines.Error(Cloud + "--numa " + values));

    [Theory]
    [InlineData("guest_numa_id=0,distances=[0@11]", "Local distance of node 0 should be 10.")]
    [InlineData("guest_numa_id=0,distances=[1@10] guest_numa_id=1", "NUMA distance (10) from node 0 to node 1 is invalid, it should be more than 10.")]
    public void CloudHypervisor_BadDistances_DoNotPassValidation(string values, string expected)
    {
        VmConfig config = CommandLines.Run(Cloud + "--numa " + values);
        Assert.Equal(expected, config.Numa.FindProblem(config.Cpus.Max, config.Memory.Size));
    }
}
