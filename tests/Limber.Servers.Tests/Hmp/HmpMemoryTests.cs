using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Hmp;

/// <summary>Memory at the text monitor.</summary>
public sealed class HmpMemoryTests
{
    private readonly FakeVirtualMachine machine = FakeMemoryManager.CreateMachine();

    [Fact]
    public void Session_PlugsResizesAndShows()
    {
        using MonitorServices services = new(machine);
        Assert.Equal(string.Empty, services.Hmp.Run("object_add memory-backend-ram,id=m1,size=128M"));
        Assert.Equal(string.Empty, services.Hmp.Run("device_add pc-dimm,id=d1,memdev=m1"));
        Assert.Equal(string.Empty, services.Hmp.Run("qom-set vmem0 requested-size 256M"));
        Assert.Equal(
            """
            Memory device [virtio-mem]: "vmem0"
              memaddr: 0x100000000
              node: 0
              requested-size: 268435456
              size: 0
              max-size: 1073741824
              block-size: 2097152
              memdev: /objects/vm0
            Memory device [dimm]: "d1"
              addr: 0x140000000
              slot: 0
              node: 0
              size: 134217728
              memdev: /objects/m1
              hotplugged: true
              hotpluggable: true

            """,
            services.Hmp.Run("info memory-devices"));
        Assert.Equal("base memory: 536870912\nplugged memory: 134217728\n", services.Hmp.Run("info memory_size_summary"));
        Assert.Equal("Error: object 'm1' is in use, can not be deleted\n", services.Hmp.Run("object_del m1"));
        Assert.Contains("d1", services.Hmp.Complete("device_del ").Candidates);
        Assert.Equal(string.Empty, services.Hmp.Run("device_del d1"));
        ((FakeMemoryManager)machine.Memory).GuestEject("d1");
        Assert.Equal(string.Empty, services.Hmp.Run("object_del m1"));
        Assert.Equal(["request vmem0 268435456", "unplug d1"], ((FakeMemoryManager)machine.Memory).Calls);
    }

    [Theory]
    [InlineData("qom-set vmem0 requested-size 1.5G", "Error: 'requested-size' cannot exceed the memory backend size(0x40000000)\n")]
    [InlineData("qom-set vmem0 requested-size x", "Error: Parameter 'requested-size' expects uint64\n")]
    [InlineData("qom-set vmem0 requested-size", "qom-set: string expected\nTry \"help qom-set\" for more information\n")]
    [InlineData("qom-set vmem0 requested-size 1M 2", "qom-set: extraneous characters at the end of line\nTry \"help qom-set\" for more information\n")]
    [InlineData("qom-get vmem0 requested-size", "0\n")]
    [InlineData("qom-get /objects/vm0 size", "1073741824\n")]
    [InlineData("qom-list /objects", "type (string)\nvm0 (child<memory-backend-ram>)\n")]
    [InlineData("qom-list", "/\n")]
    [InlineData("info memdev", "memory backend: vm0\n  size:  1073741824\n  merge: true\n  dump: true\n  prealloc: false\n  share: false\n  reserve: true\n  policy: default\n  host nodes: \nmemory backend: pc.ram\n  size:  536870912\n  merge: true\n  dump: true\n  prealloc: false\n  share: false\n  reserve: true\n  policy: default\n  host nodes: \n\n")]
    [InlineData("object_add memory-backend-ram,id=m9,size=x", "Error: Parameter 'size' expects uint64\n")]
    [InlineData("device_add pc-dimm,id=d9,memdev=nosuch", "Error: Device 'nosuch' not found\n")]
    [InlineData("device_add pc-dimm,help", "pc-dimm options:\n  memdev=<link<memory-backend>>\n  node=<uint32>          -  (default: 0)\n  addr=<uint64>          -  (default: 0)\n  slot=<int32>           -  (default: -1)\n  size=<uint64>\n")]
    public void Run_Line_PrintsExactly(string line, string expected)
    {
        using MonitorServices services = new(machine);
        Assert.Equal(expected, services.Hmp.Run(line));
    }

    [Fact]
    public void Completion_OffersMemory()
    {
        using MonitorServices services = new(machine);
        Assert.Equal(["memory-backend-file", "memory-backend-memfd", "memory-backend-ram"], services.Hmp.Complete("object_add memory-back").Candidates);
        Assert.Equal(["vm0"], services.Hmp.Complete("object_del ").Candidates);
        Assert.Contains("pc-dimm", services.Hmp.Complete("device_add pc-").Candidates);
    }

    [Fact]
    public void Numa_CountsMemoryDevicesOfANode()
    {
        FakeVirtualMachine numa = new()
        {
            Config = machine.Config with { Numa = new() { NodeMemory = [512UL << 20], ProcessorNodes = [0, 0, 0, 0, 0, 0] } },
            Memory = machine.Memory,
        };
        ((FakeMemoryManager)machine.Memory).GuestUse("vmem0", 128 << 20);
        using MonitorServices services = new(numa);
        Assert.Equal("1 nodes\nnode 0 cpus: 0\nnode 0 size: 640 MB\nnode 0 plugged: 128 MB\n", services.Hmp.Run("info numa"));
    }
}
