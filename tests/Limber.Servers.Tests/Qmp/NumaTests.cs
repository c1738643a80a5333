using System.Linq;
using Limber.Config;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>A machine with two nodes of one socket each, seen through QMP and HMP.</summary>
public sealed class NumaTests
{
    [Fact]
    public void QueryHotpluggableCpus_NamesTheNodeOfEverySlot()
    {
        using MonitorServices services = new(TwoNodes());
        using QmpClient client = new(services);
        Assert.Equal(
            "{\"return\": [{\"props\": {\"core-id\": 1, \"thread-id\": 0, \"node-id\": 1, \"socket-id\": 1}, \"vcpus-count\": 1, \"type\": \"qemu64-x86_64-cpu\"}, "
            + "{\"props\": {\"core-id\": 0, \"thread-id\": 0, \"node-id\": 1, \"socket-id\": 1}, \"vcpus-count\": 1, \"type\": \"qemu64-x86_64-cpu\"}, "
            + "{\"props\": {\"core-id\": 1, \"thread-id\": 0, \"node-id\": 0, \"socket-id\": 0}, \"vcpus-count\": 1, \"type\": \"qemu64-x86_64-cpu\"}, "
            + "{\"props\": {\"core-id\": 0, \"thread-id\": 0, \"node-id\": 0, \"socket-id\": 0}, \"vcpus-count\": 1, \"qom-path\": \"/machine/unattached/device[0]\", \"type\": \"qemu64-x86_64-cpu\"}]}\r\n",
            client.Ask("{\"execute\":\"query-hotpluggable-cpus\"}"));
    }

    [Fact]
    public void QueryCpusFast_NamesTheNode()
    {
        FakeVirtualMachine machine = TwoNodes();
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(3, "c3")]);
        using QmpClient client = new(services);
        string answer = client.Ask("{\"execute\":\"query-cpus-fast\"}");
        Assert.Contains("\"props\": {\"core-id\": 0, \"thread-id\": 0, \"node-id\": 0, \"socket-id\": 0}", answer);
        Assert.Contains("\"props\": {\"core-id\": 1, \"thread-id\": 0, \"node-id\": 1, \"socket-id\": 1}", answer);
    }

    [Theory]
    [InlineData("\"socket-id\":1,\"core-id\":0,\"thread-id\":0", 2)]
    [InlineData("\"socket-id\":1,\"core-id\":0,\"thread-id\":0,\"node-id\":1", 2)]
    [InlineData("\"apic-id\":1,\"node-id\":0", 1)]
    public void DeviceAdd_AcceptsTheSlotsOwnNode(string properties, int index)
    {
        FakeVirtualMachine machine = TwoNodes();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal("{\"return\": {}}\r\n", Add(client, properties));
        Assert.Equal([$"plug {index}"], machine.Calls);
    }

    [Theory]
    [InlineData("\"socket-id\":1,\"core-id\":0,\"thread-id\":0,\"node-id\":0", "invalid node-id, must be 1")]
    [InlineData("\"socket-id\":1,\"core-id\":0,\"thread-id\":0,\"node-id\":2", "invalid node-id, must be 1")]
    [InlineData("\"apic-id\":1,\"node-id\":1", "invalid node-id, must be 0")]
    public void DeviceAdd_RefusesAnotherNode(string properties, string expected)
    {
        FakeVirtualMachine machine = TwoNodes();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal($"{{\"error\": {{\"class\": \"GenericError\", \"desc\": \"{expected}\"}}}}\r\n", Add(client, properties));
        Assert.Empty(machine.Calls);
    }

    [Theory]
    [InlineData("{\"type\":\"node\",\"nodeid\":0}")]
    [InlineData("{\"type\":\"cpu\",\"node-id\":0,\"socket-id\":1}")]
    [InlineData("{\"type\":\"dist\",\"src\":0,\"dst\":1}", "Parameter 'val' is missing")]
    [InlineData("{\"type\":\"node\",\"src\":0}", "Parameter 'src' is unexpected")]
    public void SetNumaNode_ComesTooLate(
        string arguments, string expected = "The command is permitted only before the machine has been created")
    {
        using MonitorServices services = new(TwoNodes());
        using QmpClient client = new(services);
        Assert.Equal(
            $"{{\"error\": {{\"class\": \"GenericError\", \"desc\": \"{expected}\"}}}}\r\n",
            client.Ask($"{{\"execute\":\"set-numa-node\",\"arguments\":{arguments}}}"));
    }

    [Fact]
    public void InfoNuma_ShowsPresentProcessorsAndMemory()
    {
        FakeVirtualMachine machine = TwoNodes();
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(3, "c3"), new CpuPlugRequest(1, "c1")]);
        Assert.Equal(
            "2 nodes\nnode 0 cpus: 0 1\nnode 0 size: 32 MB\nnode 0 plugged: 0 MB\nnode 1 cpus: 3\nnode 1 size: 96 MB\nnode 1 plugged: 0 MB\n",
            services.Hmp.Run("info numa"));
    }

    [Fact]
    public void InfoNuma_WithoutNodes_SaysSo()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        Assert.Equal("0 nodes\n", services.Hmp.Run("info numa"));
        Assert.DoesNotContain("node-id", services.Hmp.Run("info hotpluggable-cpus"));
    }

    [Fact]
    public void InfoHotpluggableCpus_ShowsTheNodeFirst()
    {
        using MonitorServices services = new(TwoNodes());
        string[] lines = services.Hmp.Run("info hotpluggable-cpus").Split('\n');
        Assert.Equal(
            ["  CPUInstance Properties:", "    node-id: \"1\"", "    socket-id: \"1\"", "    core-id: \"1\"", "    thread-id: \"0\""],
            lines.Skip(3).Take(5));
    }

    private static string Add(QmpClient client, string properties) =>
        client.Ask($"{{\"execute\":\"device_add\",\"arguments\":{{\"driver\":\"qemu64-x86_64-cpu\",\"id\":\"c1\",{properties}}}}}");

    private static FakeVirtualMachine TwoNodes()
    {
        CpuTopology topology = new(2, 1, 1, 2, 1);
        return new FakeVirtualMachine(topology)
        {
            Config = new FakeVirtualMachine(topology).Config with
            {
                Numa = new NumaConfig { NodeMemory = [32 << 20, 96 << 20], ProcessorNodes = [0, 0, 1, 1] },
            },
        };
    }
}
