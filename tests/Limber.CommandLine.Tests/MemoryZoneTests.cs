using System.Linq;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.CommandLine.Tests;

/// <summary>Memory zones of Cloud Hypervisor's dialect.</summary>
public sealed class MemoryZoneTests
{
    private const ulong MiB = 1UL << 20;
    private const ulong GiB = 1UL << 30;
    private const string Start = "cloud-hypervisor --kernel k --cpus boot=2 --memory size=0,hotplug_method=virtio-mem ";

    [Fact]
    public void Zones_AreBootMemory_AndGrowByDevicesOfTheirNames()
    {
        VmConfig config = CommandLines.Run(
            Start + "--memory-zone id=mem0,size=1G,hotplug_size=2G id=mem1,size=512M,shared=on,hotplug_size=1G,hotplugged_size=128M --memory-zone id=mem2,size=256M");
        Assert.Equal(((1024 + 512 + 256) * MiB, (1792 + 3072) * MiB, true), (config.Memory.Size, config.Memory.MaximumSize, config.Memory.Shared));
        Assert.Equal([("mem0", GiB, 2 * GiB), ("mem1", 512 * MiB, GiB), ("mem2", 256 * MiB, 0UL)], config.Memory.Zones.Select(z => (z.Id, z.Size, z.HotplugSize)));
        Assert.Equal(
            [("mem0", 2 * GiB, 0UL), ("mem1", GiB, 128 * MiB)],
            config.PciDevices.OfType<VirtioMemDeviceConfig>().Select(d => (d.Id!, d.Memory!.Size, d.RequestedSize)));
    }

    [Fact]
    public void Nodes_HaveTheirZones_AndNodeZeroTheRest()
    {
        VmConfig config = CommandLines.Run(
            Start + "--memory-zone id=a,size=1G id=b,size=512M,hotplug_size=1G id=c,size=256M --numa guest_numa_id=0,cpus=0 guest_numa_id=1,cpus=1,memory_zones=[b]");
        Assert.Equal([1280 * MiB, 512 * MiB], config.Numa.NodeMemory);
        Assert.Equal(1, Assert.Single(config.PciDevices.OfType<VirtioMemDeviceConfig>()).Node);
    }

    [Theory]
    [InlineData("--memory size=1G --memory-zone id=a,size=1G", "--memory-zone id=a,size=1G: memory zones need --memory size=0")]
    [InlineData("--memory size=0,shared=on --memory-zone id=a,size=1G", "--memory size=0,shared=on: shared=on is said of each memory zone when size=0")]
    [InlineData("--memory size=0 --memory-zone size=1G", "--memory-zone size=1G: id is missing")]
    [InlineData("--memory size=0 --memory-zone id=a,size=1G id=a,size=1G", "--memory size=0: memory zone 'a' is given twice")]
    [InlineData("--memory size=0 --memory-zone id=a,size=5", "--memory size=0: memory zone 'a': size 5 is not a multiple of 4096 bytes above 0")]
    [InlineData("--memory size=0 --memory-zone id=a,size=1G,hotplug_size=1G", "--memory size=0: memory zone 'a': hotplug_size needs hotplug_method=virtio-mem of the memory")]
    [InlineData("--memory size=0 --memory-zone id=a,size=1G,hotplugged_size=1G", "--memory size=0: memory zone 'a': hotplugged_size needs hotplug_size")]
    [InlineData("--memory size=0 --memory-zone id=a,size=1G id=b,size=1G,hugepages=on", "--memory size=0: memory zone 'b': hugepages, hugepage_size or prefault unlike those of 'a' are not built yet")]
    [InlineData("--memory size=0 --memory-zone id=a,size=3M,hugepages=on,hugepage_size=2M", "--memory size=0: memory zone 'a': hugepage_size 2097152 does not divide the 3145728 bytes of memory")]
    [InlineData("--memory size=0,hotplug_method=virtio-mem --memory-zone id=a,size=1G,hugepages=on,hugepage_size=1G,hotplug_size=128M", "--memory size=0,hotplug_method=virtio-mem: memory zone 'a': hugepage_size 1073741824 does not divide the 134217728 bytes of memory")]
    [InlineData("--memory size=0,hotplug_method=virtio-mem --memory-zone id=a,size=1G,hotplug_size=100M", "--memory size=0,hotplug_method=virtio-mem: memory zone 'a': hotplug_size must be a multiple of 134217728 bytes (128 MiB) for virtio-mem")]
    [InlineData("--memory size=0 --memory-zone id=a,size=1G,file=/f", "--memory-zone id=a,size=1G,file=/f: file=/f: not built yet")]
    [InlineData("--memory size=0 --memory-zone id=a,size=1G,host_numa_node=0", "--memory-zone id=a,size=1G,host_numa_node=0: host_numa_node=0: not built yet")]
    [InlineData("--memory size=0 --memory-zone id=a,size=1G --numa guest_numa_id=0,memory_zones=[mem0]", "--numa guest_numa_id=0,memory_zones=[mem0]: there is no memory zone 'mem0'; there is a")]
    public void BadZones_AreRefused(string options, string expected) =>
        Assert.Equal("cloud-hypervisor: " + expected, CommandLines.Error("cloud-hypervisor --kernel k " + options));
}
