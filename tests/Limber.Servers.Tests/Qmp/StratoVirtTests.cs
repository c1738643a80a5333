using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>The documented contract of StratoVirt's monitor.</summary>
public sealed class StratoVirtTests
{
    private const string Events = "{\"event\":\"CPU_RESIZE\",\"data\":{},\"timestamp\":{\"seconds\":0,\"microseconds\":0}}\r\n";

    [Fact]
    public void Greeting_IsThatOfItsDocumentation()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal(
            "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":1,\"minor\":0,\"major\":5},\"package\":\"StratoVirt-2.5.0\"},\"capabilities\":[]}}\r\n",
            client.Greeting);
    }

    [Fact]
    public void Commands_WithoutNegotiation_Work()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal(
            "{\"return\":{\"singlestep\":false,\"running\":false,\"status\":\"paused\"},\"id\":7}\r\n",
            client.Ask("{\"execute\":\"query-status\",\"id\":7}"));
        Assert.Equal("{\"return\":{},\"id\":[1]}\r\n", client.Ask("{\"execute\":\"qmp_capabilities\",\"id\":[1]}"));
        Assert.Equal("{\"return\":{}}\r\n", client.Ask("{\"execute\":\"qmp_capabilities\"}"));
    }

    [Fact]
    public void DeviceAddAndDel_TellByCpuResize()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal("{\"return\":{}}\r\n" + Events, Add(client, "\"id\":\"v1\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":4"));
        Assert.Equal("v1", machine.GetCpuSlots()[4].Occupant!.Id);
        Assert.Equal(
            "{\"return\":{}}\r\n" + Events,
            client.Ask("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"v1\"}}"));
        machine.GuestEject(4);
        Assert.Equal(
            "{\"event\":\"DEVICE_DELETED\",\"data\":{\"device\":\"v1\",\"path\":\"/machine/peripheral/v1\"},\"timestamp\":{\"seconds\":0,\"microseconds\":0}}\r\n",
            client.Settle());
        AssertError(
            "Can not find parent device from pci bus",
            client.Ask("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"v1\"}}"));
        AssertError(
            "Can not find parent device from pci bus",
            client.Ask("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"/machine/unattached/device[0]\"}}"));
    }

    [Theory]
    [InlineData("\"driver\":\"generic-x86-cpu\"", "missing field `id`")]
    [InlineData("\"id\":\"x\"", "missing field `driver`")]
    [InlineData("\"id\":\"x\",\"driver\":\"nosuch\"", "Failed to add device: Driver nosuch is not support")]
    [InlineData("\"id\":5,\"driver\":\"nosuch\"", "invalid type: integer `5`, expected a string")]
    [InlineData("\"id\":\"\",\"driver\":\"generic-x86-cpu\"", "Device id is empty")]
    [InlineData("\"id\":\"v1\",\"driver\":\"generic-x86-cpu\"", "Argument cpu-id is required.")]
    [InlineData("\"id\":\"v1\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":1", "Cpu-id 1 already exist.")]
    [InlineData("\"id\":\"v1\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":6", "Max cpu-id is 5")]
    [InlineData("\"id\":\"v1\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":3", "Device id v1 already existed.")]
    [InlineData("\"id\":\"v2\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":2", "Cpu-id 2 is running, device id is v1.")]
    [InlineData("\"id\":\"v2\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":300", "invalid value: integer `300`, expected u8")]
    [InlineData("\"id\":\"v2\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":-1", "invalid value: integer `-1`, expected u8")]
    [InlineData("\"id\":\"v2\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":\"3\"", "invalid type: string \\\"3\\\", expected u8")]
    public void DeviceAdd_Checks_FireInOrder(string arguments, string expected)
    {
        FakeVirtualMachine machine = new(boot: 2);
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(2, "v1")]);
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        AssertError(expected, Add(client, arguments));
        Assert.Single(machine.Operations);
    }

    [Fact]
    public void DeviceAdd_AllSlotsBoot_SaysSoBeforeTheIndex()
    {
        using MonitorServices services = new(new FakeVirtualMachine(new CpuTopology(2, 1, 1, 1, 1), boot: 2));
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        AssertError(
            "There is no hotpluggable cpu-id for this VM.",
            Add(client, "\"id\":\"v\",\"driver\":\"generic-x86-cpu\",\"cpu-id\":0"));
    }

    [Fact]
    public void DeviceAdd_UnknownField_ListsTheKnown()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        string answer = Add(client, "\"id\":\"v\",\"driver\":\"generic-x86-cpu\",\"foo\":0");
        Assert.StartsWith("{\"error\":{\"class\":\"GenericError\",\"desc\":\"unknown field `foo`, expected one of `id`, `driver`, ", answer);
    }

    [Fact]
    public void Events_OtherThanDocumented_AreNotSent()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        machine.Raise(new VmEvent.AcpiDeviceOst("a", 1, 1, 0));
        machine.Raise(new VmEvent.DeviceUnplugGuestError("a", "/a"));
        machine.Raise(new VmEvent.Reset(true, ShutdownReason.GuestReset));
        machine.Raise(new VmEvent.Shutdown(true, ShutdownReason.GuestShutdown));
        Assert.Equal(
            "{\"event\":\"RESET\",\"data\":{\"guest\":true},\"timestamp\":{\"seconds\":0,\"microseconds\":0}}\r\n"
            + "{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,\"reason\":\"guest-shutdown\"},\"timestamp\":{\"seconds\":0,\"microseconds\":0}}\r\n",
            client.Settle());
    }

    [Fact]
    public void QueryCpus_ListsBootAndPluggedProcessors()
    {
        FakeVirtualMachine machine = new(new CpuTopology(1, 2, 1, 1, 1));
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(1, "v1")]);
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal(
            "{\"return\":[{\"arch\":\"x86\",\"current\":true,\"qom_path\":\"/machine/unattached/device[0]\",\"halted\":false,"
            + "\"props\":{\"socket-id\":0,\"die_id\":0,\"thread-id\":0,\"core-id\":0},\"CPU\":0,\"thread_id\":100},"
            + "{\"arch\":\"x86\",\"current\":false,\"qom_path\":\"/machine/peripheral/v1\",\"halted\":false,"
            + "\"props\":{\"socket-id\":0,\"die_id\":1,\"thread-id\":0,\"core-id\":0},\"CPU\":1,\"thread_id\":201}]}\r\n",
            client.Ask("{\"execute\":\"query-cpus\"}"));
    }

    [Fact]
    public void QueryHotpluggableCpus_IsAListWithEverySlot()
    {
        using MonitorServices services = new(new FakeVirtualMachine(new CpuTopology(2, 1, 1, 1, 1)));
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal(
            "{\"return\":[{\"props\":{\"core-id\":0,\"thread-id\":0,\"socket-id\":1},\"vcpus-count\":1,\"type\":\"qemu64-x86_64-cpu\"},"
            + "{\"props\":{\"core-id\":0,\"thread-id\":0,\"socket-id\":0},\"vcpus-count\":1,\"qom-path\":\"/machine/unattached/device[0]\",\"type\":\"qemu64-x86_64-cpu\"}]}\r\n",
            client.Ask("{\"execute\":\"query-hotpluggable-cpus\"}"));
    }

    [Fact]
    public void QueryMachines_NamesTheOneThatCanBeChosen()
    {
        using MonitorServices services = new(new FakeVirtualMachine(dialect: Limber.Config.Dialect.StratoVirt));
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal(
            "{\"return\":[{\"hotpluggable-cpus\":true,\"name\":\"q35\",\"numa-mem-supported\":false,\"default-cpu-type\":\"qemu64-x86_64-cpu\",\"is-default\":true,\"cpu-max\":4096,\"deprecated\":false}]}\r\n",
            client.Ask("{\"execute\":\"query-machines\"}"));
    }

    private static string Add(QmpClient client, string arguments) =>
        client.Ask($"{{\"execute\":\"device_add\",\"arguments\":{{{arguments}}}}}");

    private static void AssertError(string expected, string answer) =>
        Assert.Equal($"{{\"error\":{{\"class\":\"GenericError\",\"desc\":\"{expected}\"}}}}\r\n", answer);
}
