using System.Linq;
using Limber.Control;
using Limber.Servers.Json;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class ResizeTests
{
    [Fact]
    public void Resize_Up_PlugsTheLowestFreeSlotsInOneCall()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(2, "c2")]);
        machine.Calls.Clear();
        using QmpClient client = new(services);
        JsonValue operations = Resize(client, 4);
        Assert.Equal([1L, 3L], operations.AsArray().Select(static operation => operation.Member("cpu-index").AsInteger()));
        Assert.All(operations.AsArray(), static operation => Assert.Equal("cpu-plug", operation.Member("kind").AsString()));
        Assert.Equal(["plug 1 3"], machine.Calls);
        Assert.Equal("[]", Resize(client, 4).ToString());
    }

    [Fact]
    public void Resize_Down_AsksTheHighestBackInOneCall()
    {
        FakeVirtualMachine machine = new(boot: 4);
        using MonitorServices services = new(machine);
        machine.UnplugCpus([3]);
        machine.Calls.Clear();
        using QmpClient client = new(services);
        Assert.Equal("[]", Resize(client, 3).ToString());
        JsonValue operations = Resize(client, 1);
        Assert.Equal([2L, 1L], operations.AsArray().Select(static operation => operation.Member("cpu-index").AsInteger()));
        Assert.Equal(["unplug 2 1"], machine.Calls);
    }

    [Theory]
    [InlineData(0, "Parameter 'cpus' expects a number from 1 to 6, not 0")]
    [InlineData(-1, "Parameter 'cpus' expects a number from 1 to 6, not -1")]
    [InlineData(7, "Parameter 'cpus' expects a number from 1 to 6, not 7")]
    [InlineData(long.MaxValue, "Parameter 'cpus' expects a number from 1 to 6, not 9223372036854775807")]
    [InlineData(6, "5 more CPUs need 5 free slots, but there are 4: the guest has not given back the others yet")]
    public void Resize_Impossible_ChangesNothing(long cpus, string expected)
    {
        FakeVirtualMachine machine = new(boot: 2);
        using MonitorServices services = new(machine);
        machine.UnplugCpus([1]);
        machine.Calls.Clear();
        using QmpClient client = new(services);
        Assert.Equal(expected, client.Refusal($"{{\"execute\":\"x-limber-resize\",\"arguments\":{{\"cpus\":{cpus}}}}}"));
        Assert.Empty(machine.Calls);
    }

    [Theory]
    [InlineData("2.5", "plug 2 within 2.5")]
    [InlineData("86400", "plug 2 within 86400")]
    public void Resize_Deadline_IsPassedOn(string deadline, string call)
    {
        FakeVirtualMachine machine = new(boot: 2);
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Answer.Parse(client.Ask($"{{\"execute\":\"x-limber-resize\",\"arguments\":{{\"cpus\":3,\"deadline\":{deadline}}}}}")).Member("return");
        Assert.Equal([call], machine.Calls);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1e300")]
    public void Resize_DeadlineOutOfRange_ChangesNothing(string deadline)
    {
        FakeVirtualMachine machine = new(boot: 2);
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(
            "Parameter 'deadline' expects a number of seconds from 0.1 to 86400",
            client.Refusal($"{{\"execute\":\"x-limber-resize\",\"arguments\":{{\"cpus\":3,\"deadline\":{deadline}}}}}"));
        Assert.Empty(machine.Calls);
    }

    [Fact]
    public void Resize_MachineRefuses_IsToldInItsWords()
    {
        FakeVirtualMachine machine = new() { NextRefusal = new VmException(VmErrorCode.HostFailure, "no more vCPUs") };
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal("no more vCPUs", client.Refusal("{\"execute\":\"x-limber-resize\",\"arguments\":{\"cpus\":2}}"));
    }

    [Fact]
    public void Hmp_ResizeAndCancel_WorkAlike()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        Assert.Equal(
            "#1 cpu-plug CPU 1 /machine/peripheral-anon/device[0]: notified\n#2 cpu-plug CPU 2 /machine/peripheral-anon/device[1]: notified\n",
            services.Hmp.Run("x-limber-resize 3"));
        Assert.Equal(string.Empty, services.Hmp.Run("x-limber-cancel-operation 2"));
        Assert.Equal("Error: Operation 2 can not be cancelled: it is cancelled\n", services.Hmp.Run("x-limber-cancel-operation 2"));
        Assert.Equal("Error: Operation 9 not found\n", services.Hmp.Run("x-limber-cancel-operation 9"));
        Assert.StartsWith("Error: Parameter 'cpus' expects", services.Hmp.Run("x-limber-resize 7"));
    }

    private static JsonValue Resize(QmpClient client, int cpus)
    {
        string answer = client.Ask($"{{\"execute\":\"x-limber-resize\",\"arguments\":{{\"cpus\":{cpus}}}}}");
        return Answer.Parse(answer).Member("return");
    }
}
