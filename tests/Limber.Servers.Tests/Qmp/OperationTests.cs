using System;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class OperationTests
{
    private const string Plugged =
        "{\"id\": 1, \"kind\": \"cpu-plug\", \"state\": \"notified\", \"final\": false, \"cpu-index\": 2, \"target\": \"c1\", "
        + "\"requested-at\": {\"seconds\": 0, \"microseconds\": 0}}";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Query_Operations_AreDescribed()
    {
        (FakeVirtualMachine _, MonitorServices services) = Begin();
        using QmpClient client = new(services);
        Assert.Equal($"{{\"return\": [{Plugged}]}}\r\n", client.Ask("{\"execute\":\"x-limber-query-operations\"}"));
    }

    [Fact]
    public void Wait_UntilFinal_LetsOtherClientsAndEventsThrough()
    {
        (FakeVirtualMachine machine, MonitorServices services) = Begin();
        using QmpClient waiting = new(services);
        using QmpClient other = new(services);
        waiting.Send("{\"execute\":\"x-limber-wait-operation\",\"arguments\":{\"id\":1,\"timeout\":60},\"id\":\"w\"}{\"execute\":\"query-name\",\"id\":\"after\"}");
        machine.PressPowerButton();
        Assert.Contains("POWERDOWN", waiting.ReadLine());
        other.Settle();
        Assert.Equal("{\"return\": {}}\r\n", other.Ask("{\"execute\":\"query-name\"}"));
        machine.Operations[0].MoveTo(OperationState.Refused, "busy");
        string answer = waiting.ReadLine()!;
        Assert.Contains("\"state\": \"refused\", \"final\": true", answer);
        Assert.EndsWith("\"detail\": \"busy\"}, \"id\": \"w\"}\r\n", answer);
        Assert.Equal("{\"return\": {}, \"id\": \"after\"}\r\n", waiting.ReadLine());
    }

    [Fact]
    public void Wait_Timeout_AnswersWithTheStateSoFar()
    {
        (FakeVirtualMachine _, MonitorServices services) = Begin();
        using QmpClient client = new(services);
        Assert.Equal(
            $"{{\"return\": {Plugged}}}\r\n",
            client.AskLine("{\"execute\":\"x-limber-wait-operation\",\"arguments\":{\"id\":1,\"timeout\":0.02}}"));
    }

    [Theory]
    [InlineData("{\"id\":9}", "Operation 9 not found")]
    [InlineData("{\"id\":1,\"timeout\":-1}", "Parameter 'timeout' expects a non-negative number of seconds")]
    [InlineData("{\"id\":1,\"timeout\":\"1\"}", "Invalid parameter type for 'timeout', expected: number")]
    [InlineData("{\"timeout\":1}", "Parameter 'id' is missing")]
    public void Wait_Invalid_IsRefused(string arguments, string expected)
    {
        (FakeVirtualMachine _, MonitorServices services) = Begin();
        using QmpClient client = new(services);
        Assert.Contains($"\"{expected}\"", client.AskLine($"{{\"execute\":\"x-limber-wait-operation\",\"arguments\":{arguments}}}"));
    }

    [Fact]
    public async Task Wait_ClientLeaves_SessionEnds()
    {
        (FakeVirtualMachine machine, MonitorServices services) = Begin();
        using QmpClient client = new(services);
        client.Send("{\"execute\":\"x-limber-wait-operation\",\"arguments\":{\"id\":1}}");
        client.CloseInput();
        await client.Session.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(1, machine.SubscriberCount);
    }

    [Fact]
    public void Cancel_OutOfBand_EndsTheWaitInTheSameSession()
    {
        (FakeVirtualMachine _, MonitorServices services) = Begin();
        using QmpClient client = new(services, negotiate: false);
        client.ReadLine();
        client.AskLine("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}");
        client.Send("{\"execute\":\"x-limber-wait-operation\",\"arguments\":{\"id\":1},\"id\":\"w\"}");
        client.Send("{\"exec-oob\":\"x-limber-cancel-operation\",\"arguments\":{\"id\":1},\"id\":\"c\"}");
        string both = client.ReadLine() + client.ReadLine();
        Assert.Contains("{\"return\": {}, \"id\": \"c\"}", both);
        Assert.Contains("\"state\": \"cancelled\", \"final\": true", both);
        Assert.Contains(
            "Operation 1 can not be cancelled: it is cancelled",
            client.Ask("{\"execute\":\"x-limber-cancel-operation\",\"arguments\":{\"id\":1}}"));
    }

    [Fact]
    public void Events_OnlyAfterSubscribing()
    {
        (FakeVirtualMachine machine, MonitorServices services) = Begin();
        using QmpClient client = new(services);
        machine.Operations[0].MoveTo(OperationState.Acknowledged);
        Assert.Equal("{\"return\": {}}\r\n", client.Ask("{\"execute\":\"x-limber-subscribe-operations\"}"));
        machine.Operations[0].MoveTo(OperationState.Completed);
        Assert.Contains("\"event\": \"X_LIMBER_OPERATION\", \"data\": {\"id\": 1, \"kind\": \"cpu-plug\", \"state\": \"completed\", \"final\": true", client.Settle());
        client.Ask("{\"execute\":\"x-limber-subscribe-operations\",\"arguments\":{\"enable\":false}}");
        machine.Operations[0].MoveTo(OperationState.Failed);
        Assert.Equal(string.Empty, client.Settle());
    }

    private static (FakeVirtualMachine Machine, MonitorServices Services) Begin()
    {
        FakeVirtualMachine machine = new();
        MonitorServices services = new(machine);
        machine.PlugCpus([new CpuPlugRequest(2, "c1")]);
        return (machine, services);
    }
}
