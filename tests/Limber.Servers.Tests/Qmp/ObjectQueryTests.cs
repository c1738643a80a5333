using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class ObjectQueryTests
{
    [Theory]
    [InlineData("/machine", "[{\"name\":\"type\",\"type\":\"string\"},{\"name\":\"memory\",\"type\":\"MemorySizeConfiguration\"},{\"name\":\"smp\",\"type\":\"SMPConfiguration\"},{\"name\":\"peripheral\",\"type\":\"child<container>\"},{\"name\":\"peripheral-anon\",\"type\":\"child<container>\"},{\"name\":\"unattached\",\"type\":\"child<container>\"}]")]
    [InlineData("/", "[{\"name\":\"type\",\"type\":\"string\"},{\"name\":\"machine\",\"type\":\"child<q35-machine>\"},{\"name\":\"objects\",\"type\":\"child<container>\"}]")]
    [InlineData("//machine//peripheral/", "[{\"name\":\"type\",\"type\":\"string\"},{\"name\":\"c1\",\"type\":\"child<qemu64-x86_64-cpu>\"}]")]
    [InlineData("peripheral-anon", "[{\"name\":\"type\",\"type\":\"string\"},{\"name\":\"device[0]\",\"type\":\"child<qemu64-x86_64-cpu>\"}]")]
    public void QomList_Path_ListsProperties(string path, string expected)
    {
        using MonitorServices services = new(Machine());
        using QmpClient client = new(services);
        Assert.Equal(expected, client.Return($"{{\"execute\":\"qom-list\",\"arguments\":{{\"path\":\"{path}\"}}}}").ToString());
    }

    [Theory]
    [InlineData("/machine", "type", "\"q35-machine\"")]
    [InlineData("/machine", "memory", "{\"size\":134217728}")]
    [InlineData("/machine", "peripheral", "\"/machine/peripheral\"")]
    [InlineData("/machine", "smp", "{\"cores\":2,\"threads\":1,\"modules\":1,\"sockets\":3,\"dies\":1,\"cpus\":1,\"maxcpus\":6,\"drawers\":1,\"books\":1,\"clusters\":1}")]
    [InlineData("/machine/unattached/device[0]", "apic-id", "0")]
    [InlineData("/machine/peripheral/c1", "socket-id", "2")]
    [InlineData("c1", "core-id", "1")]
    [InlineData("peripheral/c1", "thread-id", "0")]
    [InlineData("c1", "type", "\"qemu64-x86_64-cpu\"")]
    [InlineData("peripheral-anon/device[0]", "apic-id", "1")]
    public void QomGet_Property_Answers(string path, string property, string expected)
    {
        using MonitorServices services = new(Machine());
        using QmpClient client = new(services);
        Assert.Equal(expected, client.Return(Get(path, property)).ToString());
    }

    [Theory]
    [InlineData("/nosuch", "type", "Device '/nosuch' not found")]
    [InlineData("/machine/peripheral/c2", "type", "Device '/machine/peripheral/c2' not found")]
    [InlineData("c1/c1", "type", "Device 'c1/c1' not found")]
    [InlineData("device[0]", "type", "Path 'device[0]' is ambiguous")]
    [InlineData("/machine", "nosuch", "Property 'q35-machine.nosuch' not found")]
    [InlineData("c1", "nosuch", "Property 'qemu64-x86_64-cpu.nosuch' not found")]
    public void QomGet_Unknown_IsRefused(string path, string property, string expected)
    {
        using MonitorServices services = new(Machine());
        using QmpClient client = new(services);
        Assert.Equal(expected, client.Refusal(Get(path, property)));
    }

    [Fact]
    public void QomList_UnknownPath_HasClassDeviceNotFound()
    {
        using MonitorServices services = new(Machine());
        using QmpClient client = new(services);
        Assert.Equal(
            "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"Device '/nosuch' not found\"}}\r\n",
            client.Ask("{\"execute\":\"qom-list\",\"arguments\":{\"path\":\"/nosuch\"}}"));
    }

    [Fact]
    public void QomListTypes_FiltersByKindAndAbstractness()
    {
        using MonitorServices services = new(Machine());
        using QmpClient client = new(services);
        string concrete = Types("\"implements\":\"x86_64-cpu\"");
        Assert.Contains("{\"name\":\"qemu64-x86_64-cpu\",\"parent\":\"x86_64-cpu\"}", concrete);
        Assert.DoesNotContain("\"abstract\"", concrete);
        Assert.Contains("{\"name\":\"x86_64-cpu\",\"abstract\":true,\"parent\":\"cpu\"}", Types("\"implements\":\"cpu\",\"abstract\":true"));
        Assert.Equal("[{\"name\":\"q35-machine\",\"parent\":\"machine\"}]", Types("\"implements\":\"machine\""));
        Assert.Equal("[]", Types("\"implements\":\"nosuch\""));
        Assert.Contains("{\"name\":\"object\",\"abstract\":true}", Types("\"abstract\":true"));

        string Types(string arguments) =>
            client.Return($"{{\"execute\":\"qom-list-types\",\"arguments\":{{{arguments}}}}}").ToString();
    }

    [Fact]
    public void DeviceListProperties_AreThoseThatDeviceAddTakes()
    {
        using MonitorServices services = new(Machine());
        using QmpClient client = new(services);
        Assert.Equal(
            "[{\"default-value\":4294967295,\"name\":\"apic-id\",\"type\":\"uint32\"},{\"default-value\":-1,\"name\":\"core-id\",\"type\":\"int32\"},"
            + "{\"default-value\":-1,\"name\":\"die-id\",\"type\":\"int32\"},{\"default-value\":-1,\"name\":\"module-id\",\"type\":\"int32\"},"
            + "{\"default-value\":-1,\"name\":\"node-id\",\"type\":\"int32\"},{\"name\":\"online\",\"type\":\"bool\"},{\"default-value\":-1,\"name\":\"socket-id\",\"type\":\"int32\"},"
            + "{\"default-value\":-1,\"name\":\"thread-id\",\"type\":\"int32\"}]",
            client.Return(Properties("EPYC-x86_64-cpu")).ToString());
        Assert.Equal("[{\"name\":\"cpu-id\",\"type\":\"uint32\"},{\"name\":\"online\",\"type\":\"bool\"}]", client.Return(Properties("generic-x86-cpu")).ToString());
        Assert.Equal("Device 'nosuch' not found", client.Refusal(Properties("nosuch")));
        Assert.Equal("Parameter 'typename' expects a non-abstract device type", client.Refusal(Properties("x86_64-cpu")));
        Assert.Equal("Parameter 'typename' expects a non-abstract device type", client.Refusal(Properties("container")));

        static string Properties(string type) =>
            $"{{\"execute\":\"device-list-properties\",\"arguments\":{{\"typename\":\"{type}\"}}}}";
    }

    [Fact]
    public void QueryCommandLineOptions_OneOrAll()
    {
        using MonitorServices services = new(Machine());
        using QmpClient client = new(services);
        Assert.Contains("{\"name\":\"maxcpus\",\"type\":\"number\"}", client.Return("{\"execute\":\"query-command-line-options\"}").ToString());
        Assert.Equal(
            "[{\"parameters\":[],\"option\":\"device\"}]",
            client.Return("{\"execute\":\"query-command-line-options\",\"arguments\":{\"option\":\"device\"}}").ToString());
        Assert.Equal(
            "invalid option name: nosuch",
            client.Refusal("{\"execute\":\"query-command-line-options\",\"arguments\":{\"option\":\"nosuch\"}}"));
    }

    private static FakeVirtualMachine Machine()
    {
        FakeVirtualMachine machine = new(new CpuTopology(3, 1, 1, 2, 1));
        machine.PlugCpus([new CpuPlugRequest(5, "c1"), new CpuPlugRequest(1, null)]);
        return machine;
    }

    private static string Get(string path, string property) =>
        $"{{\"execute\":\"qom-get\",\"arguments\":{{\"path\":\"{path}\",\"property\":\"{property}\"}}}}";
}
