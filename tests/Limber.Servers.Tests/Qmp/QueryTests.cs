using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class QueryTests
{
    [Theory]
    [InlineData("query-version", "{\"qemu\": {\"micro\": 2, \"minor\": 0, \"major\": 10}, \"package\": \"Limber 0.1.0\"}")]
    [InlineData("query-status", "{\"status\": \"prelaunch\", \"running\": false}")]
    [InlineData("query-name", "{\"name\": \"vm\"}")]
    [InlineData("query-uuid", "{\"UUID\": \"00000000-0000-0000-0000-000000000000\"}")]
    [InlineData("query-kvm", "{\"enabled\": true, \"present\": true}")]
    [InlineData("query-target", "{\"arch\": \"x86_64\"}")]
    [InlineData("query-current-machine", "{\"wakeup-suspend-support\": false}")]
    [InlineData("x-limber-query-operations", "[]")]
    public void Query_Simple_Answers(string command, string expected)
    {
        using MonitorServices services = new(new FakeVirtualMachine(name: "vm"));
        using QmpClient client = new(services);
        Assert.Equal($"{{\"return\": {expected}}}\r\n", client.Ask($"{{\"execute\":\"{command}\"}}"));
        Assert.Equal(
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Parameter 'x' is unexpected\"}}\r\n",
            client.Ask($"{{\"execute\":\"{command}\",\"arguments\":{{\"x\":1}}}}"));
    }

    [Fact]
    public void QueryHotpluggableCpus_RunsFromTheHighestSlotDown()
    {
        FakeVirtualMachine machine = new(new CpuTopology(2, 1, 1, 2, 1));
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(2, "c1")]);
        using QmpClient client = new(services);
        Assert.Equal(
            "{\"return\": [{\"props\": {\"core-id\": 1, \"thread-id\": 0, \"socket-id\": 1}, \"vcpus-count\": 1, \"type\": \"qemu64-x86_64-cpu\"}, "
            + "{\"props\": {\"core-id\": 0, \"thread-id\": 0, \"socket-id\": 1}, \"vcpus-count\": 1, \"qom-path\": \"/machine/peripheral/c1\", \"type\": \"qemu64-x86_64-cpu\"}, "
            + "{\"props\": {\"core-id\": 1, \"thread-id\": 0, \"socket-id\": 0}, \"vcpus-count\": 1, \"type\": \"qemu64-x86_64-cpu\"}, "
            + "{\"props\": {\"core-id\": 0, \"thread-id\": 0, \"socket-id\": 0}, \"vcpus-count\": 1, \"qom-path\": \"/machine/unattached/device[0]\", \"type\": \"qemu64-x86_64-cpu\"}]}\r\n",
            client.Ask("{\"execute\":\"query-hotpluggable-cpus\"}"));
    }

    [Fact]
    public void QueryHotpluggableCpus_DiesAndModules_AppearWhenThereAreSeveral()
    {
        using MonitorServices services = new(new FakeVirtualMachine(new CpuTopology(1, 2, 2, 1, 1)));
        using QmpClient client = new(services);
        Assert.StartsWith(
            "{\"return\": [{\"props\": {\"core-id\": 0, \"thread-id\": 0, \"die-id\": 1, \"socket-id\": 0, \"module-id\": 1}",
            client.Ask("{\"execute\":\"query-hotpluggable-cpus\"}"));
    }

    [Fact]
    public void QueryCpusFast_IsInPlugOrder()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(5, "c5"), new CpuPlugRequest(2, null)]);
        using QmpClient client = new(services);
        Assert.Equal(
            "{\"return\": [{\"thread-id\": 100, \"props\": {\"core-id\": 0, \"thread-id\": 0, \"socket-id\": 0}, \"qom-path\": \"/machine/unattached/device[0]\", \"cpu-index\": 0, \"target\": \"x86_64\"}, "
            + "{\"thread-id\": 205, \"props\": {\"core-id\": 1, \"thread-id\": 0, \"socket-id\": 2}, \"qom-path\": \"/machine/peripheral/c5\", \"cpu-index\": 5, \"target\": \"x86_64\"}, "
            + "{\"thread-id\": 202, \"props\": {\"core-id\": 0, \"thread-id\": 0, \"socket-id\": 1}, \"qom-path\": \"/machine/peripheral-anon/device[0]\", \"cpu-index\": 2, \"target\": \"x86_64\"}]}\r\n",
            client.Ask("{\"execute\":\"query-cpus-fast\"}"));
    }

    [Fact]
    public void QueryAcpiOspmStatus_KeepsTheLastReportOfEachSlot()
    {
        FakeVirtualMachine machine = new(new CpuTopology(2, 1, 1, 1, 1));
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(1, "c1")]);
        machine.Raise(new VmEvent.AcpiDeviceOst("c1", 1, 1, 0));
        using QmpClient client = new(services);
        const string First = "{\"return\": [{\"source\": 0, \"status\": 0, \"slot\": \"0\", \"slot-type\": \"CPU\"}, ";
        Assert.Equal(
            First + "{\"device\": \"c1\", \"source\": 1, \"status\": 0, \"slot\": \"1\", \"slot-type\": \"CPU\"}]}\r\n",
            client.Ask("{\"execute\":\"query-acpi-ospm-status\"}"));
        machine.GuestEject(1);
        client.Settle();
        Assert.Equal(
            First + "{\"source\": 3, \"status\": 0, \"slot\": \"1\", \"slot-type\": \"CPU\"}]}\r\n",
            client.Ask("{\"execute\":\"query-acpi-ospm-status\"}"));
    }

    [Fact]
    public void QueryCommandsAndEvents_ListWhatThereIs()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        string commands = client.Ask("{\"execute\":\"query-commands\"}");
        foreach (string name in services.Commands.Names)
        {
            Assert.Contains($"{{\"name\": \"{name}\"}}", commands);
        }

        Assert.Contains("{\"name\": \"ACPI_DEVICE_OST\"}", client.Ask("{\"execute\":\"query-events\"}"));
        using QmpClient other = new(services, QmpDialect.StratoVirt);
        Assert.Contains("{\"name\":\"CPU_RESIZE\"}", other.Ask("{\"execute\":\"query-events\"}"));
    }

    [Fact]
    public void QueryMachines_KnowsTheRunningType()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        Assert.Contains(
            "{\"hotpluggable-cpus\": true, \"name\": \"q35\", \"numa-mem-supported\": false, \"default-cpu-type\": \"qemu64-x86_64-cpu\", \"is-default\": true, \"cpu-max\": 4096, \"deprecated\": false}",
            client.Ask("{\"execute\":\"query-machines\"}"));
        Assert.Contains("\"name\": \"pc\", \"numa-mem-supported\": false, \"default-cpu-type\": \"qemu64-x86_64-cpu\", \"cpu-max\": 255", client.Ask("{\"execute\":\"query-machines\"}"));
    }

    [Fact]
    public void Removal_EventsCome_LapicFirst()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(5, "c2")]);
        using QmpClient client = new(services);
        machine.GuestEject(5);
        const string Time = "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": ";
        Assert.Equal(
            Time + "\"ACPI_DEVICE_OST\", \"data\": {\"info\": {\"device\": \"c2\", \"source\": 3, \"status\": 132, \"slot\": \"5\", \"slot-type\": \"CPU\"}}}\r\n"
            + Time + "\"DEVICE_DELETED\", \"data\": {\"path\": \"/machine/peripheral/c2/lapic\"}}\r\n"
            + Time + "\"DEVICE_DELETED\", \"data\": {\"device\": \"c2\", \"path\": \"/machine/peripheral/c2\"}}\r\n"
            + Time + "\"ACPI_DEVICE_OST\", \"data\": {\"info\": {\"source\": 3, \"status\": 0, \"slot\": \"5\", \"slot-type\": \"CPU\"}}}\r\n",
            client.Settle());
    }

    [Fact]
    public void Cont_AfterShutdown_AsksForReset()
    {
        using MonitorServices services = new(new FakeVirtualMachine { State = RunState.Shutdown });
        using QmpClient client = new(services);
        Assert.Contains("\"Resetting the Virtual Machine is required\"", client.Ask("{\"execute\":\"cont\"}"));
        Assert.Contains("\"shutdown\"", client.Ask("{\"execute\":\"query-status\"}"));
        Assert.Contains(
            "\"event\": \"RESET\", \"data\": {\"guest\": false, \"reason\": \"host-qmp-system-reset\"}}\r\n{\"return\": {}}",
            client.Ask("{\"execute\":\"system_reset\"}"));
    }

    [Fact]
    public void HumanMonitorCommand_ReturnsTextWithErrorsInIt()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        Assert.Equal("{\"return\": \"VM status: paused (prelaunch)\\r\\n\"}\r\n", Run("\"info status\""));
        Assert.Equal("{\"return\": \"Error: Device 'x' not found\\r\\n\"}\r\n", Run("\"device_del x\""));
        Assert.Equal("{\"return\": \"\"}\r\n", Run("\"\",\"cpu-index\":0"));
        Assert.Contains("Parameter 'cpu-index' expects a CPU number", Run("\"info cpus\",\"cpu-index\":3"));

        string Run(string rest) =>
            client.Ask($"{{\"execute\":\"human-monitor-command\",\"arguments\":{{\"command-line\":{rest}}}}}");
    }
}
