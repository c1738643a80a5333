using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class DeviceCommandTests
{
    private const string Driver = "\"driver\":\"qemu64-x86_64-cpu\"";

    [Theory]
    [InlineData("\"id\":\"c1\",\"socket-id\":1,\"core-id\":0,\"thread-id\":0", 2, "/machine/peripheral/c1")]
    [InlineData("\"id\":\"c1\",\"socket-id\":\"1\",\"core-id\":\"0\",\"thread-id\":\"0\"", 2, "/machine/peripheral/c1")]
    [InlineData("\"socket-id\":\"0x2\",\"core-id\":1,\"thread-id\":0,\"die-id\":0,\"module-id\":0", 5, "/machine/peripheral-anon/device[0]")]
    [InlineData("\"apic-id\":3", 3, "/machine/peripheral-anon/device[0]")]
    [InlineData("\"apic-id\":\"3\",\"socket-id\":1,\"core-id\":1", 3, "/machine/peripheral-anon/device[0]")]
    [InlineData("\"node-id\":0,\"socket-id\":1,\"core-id\":0,\"thread-id\":0", 2, "/machine/peripheral-anon/device[0]")]
    [InlineData("\"id\":5,\"socket-id\":1,\"core-id\":0,\"thread-id\":0", 2, "/machine/peripheral-anon/device[0]")]
    public void DeviceAdd_Valid_PlugsTheSlot(string arguments, int slot, string path)
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal("{\"return\": {}}\r\n", client.Ask($"{{\"execute\":\"device_add\",\"arguments\":{{{Driver},{arguments}}}}}"));
        Assert.Equal(path, machine.GetCpuSlots()[slot].Occupant?.Path);
    }

    [Theory]
    [InlineData("\"socket-id\":\"x\"", "Invalid parameter type for 'socket-id', expected: integer")]
    [InlineData("\"socket-id\":1,\"foo\":1", "Property 'qemu64-x86_64-cpu.foo' not found")]
    [InlineData("\"apic-id\":3,\"socket-id\":0", "property socket-id: 0 doesn't match set apic-id: 0x3 (socket-id: 1)")]
    [InlineData("\"apic-id\":4294967296", "Parameter 'apic-id' expects uint32_t")]
    [InlineData("\"node-id\":7,\"apic-id\":3", "invalid node-id, must be 0")]
    [InlineData("\"bus\":\"pci.0\",\"foo\":1", "Bus 'pci.0' not found")]
    [InlineData("\"bus\":5,\"socket-id\":9,\"core-id\":0,\"thread-id\":0", "Invalid CPU socket-id: 9 must be in range 0:2")]
    [InlineData("\"id\":\"c1\",\"foo\":1", "Duplicate device ID 'c1'")]
    [InlineData("\"socket-id\":1,\"core-id\":0,\"thread-id\":0", "CPU[2] with APIC ID 2 exists")]
    public void DeviceAdd_Invalid_IsRefusedInOrder(string arguments, string expected)
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(2, "c1")]);
        using QmpClient client = new(services);
        AssertError(expected, client.Ask($"{{\"execute\":\"device_add\",\"arguments\":{{{Driver},{arguments}}}}}"));
        Assert.Single(machine.Operations);
    }

    [Fact]
    public void DeviceAdd_DiesAndModules_AreRequiredWhenThereAreSeveral()
    {
        FakeVirtualMachine machine = new(new CpuTopology(2, 2, 2, 3, 1));
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        AssertError("CPU die-id is not set", Add("\"socket-id\":1"));
        AssertError("CPU module-id is not set", Add("\"socket-id\":1,\"die-id\":1"));
        AssertError("CPU core-id is not set", Add("\"socket-id\":1,\"die-id\":1,\"module-id\":1"));
        AssertError(
            "Invalid CPU [socket: 0, die: 0, module: 0, core: 3, thread: 0] with APIC ID 3, valid index range 0:23",
            Add("\"apic-id\":3"));
        Assert.Equal("{\"return\": {}}\r\n", Add("\"socket-id\":1,\"die-id\":1,\"module-id\":1,\"core-id\":2,\"thread-id\":0"));
        Assert.NotNull(machine.GetCpuSlots()[23].Occupant);

        string Add(string arguments) => client.Ask($"{{\"execute\":\"device_add\",\"arguments\":{{{Driver},{arguments}}}}}");
    }

    [Theory]
    [InlineData(VmErrorCode.CpuSlotOccupied, "CPU[2] with APIC ID 2 exists")]
    [InlineData(VmErrorCode.DuplicateId, "Duplicate device ID 'c1'")]
    [InlineData(VmErrorCode.HostFailure, "no more vCPUs")]
    public void DeviceAdd_MachineRefuses_IsWorded(VmErrorCode code, string expected)
    {
        FakeVirtualMachine machine = new() { NextRefusal = new VmException(code, "no more vCPUs") };
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        AssertError(expected, client.Ask($"{{\"execute\":\"device_add\",\"arguments\":{{{Driver},\"id\":\"c1\",\"apic-id\":2}}}}"));
    }

    [Theory]
    [InlineData("{}", "GenericError", "Parameter 'id' is missing")]
    [InlineData("{\"id\":5}", "GenericError", "Invalid parameter type for 'id', expected: string")]
    [InlineData("{\"id\":\"c1\",\"x\":1}", "GenericError", "Parameter 'x' is unexpected")]
    [InlineData("{\"id\":\"\"}", "GenericError", " is not a device")]
    [InlineData("{\"id\":\"nosuch\"}", "DeviceNotFound", "Device 'nosuch' not found")]
    [InlineData("{\"id\":\"/machine/unattached/device[0]\"}", "GenericError", "Boot CPU is unpluggable")]
    public void DeviceDel_Invalid_IsRefused(string arguments, string errorClass, string expected)
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        Assert.Equal(
            $"{{\"error\": {{\"class\": \"{errorClass}\", \"desc\": \"{expected}\"}}}}\r\n",
            client.Ask($"{{\"execute\":\"device_del\",\"arguments\":{arguments}}}"));
    }

    [Theory]
    [InlineData("c1")]
    [InlineData("/machine/peripheral/c1")]
    [InlineData("/machine/unattached/device[1]")]
    public void DeviceDel_ByIdOrPathAndAgain_IsAccepted(string target)
    {
        FakeVirtualMachine machine = new(boot: 2);
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(2, "c1")]);
        using QmpClient client = new(services);
        string command = $"{{\"execute\":\"device_del\",\"arguments\":{{\"id\":\"{target}\"}}}}";
        Assert.Equal("{\"return\": {}}\r\n", client.Ask(command));
        Assert.Equal("{\"return\": {}}\r\n", client.Ask(command));
        Assert.Equal(3, machine.Operations.Count);
    }

    [Fact]
    public void CpuAdd_Index_PlugsOrRefuses()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal("{\"return\": {}}\r\n", Add("4"));
        Assert.Null(machine.GetCpuSlots()[4].Occupant!.Id);
        AssertError("Unable to add CPU: 4, it already exists", Add("4"));
        AssertError("Unable to add CPU: 6, max allowed: 5", Add("6"));
        AssertError("Invalid CPU id: -1", Add("-1"));
        AssertError("Invalid parameter type for 'id', expected: integer", Add("\"4\""));

        string Add(string id) => client.Ask($"{{\"execute\":\"cpu-add\",\"arguments\":{{\"id\":{id}}}}}");
    }

    private static void AssertError(string expected, string answer) =>
        Assert.Equal($"{{\"error\": {{\"class\": \"GenericError\", \"desc\": \"{expected}\"}}}}\r\n", answer);
}
