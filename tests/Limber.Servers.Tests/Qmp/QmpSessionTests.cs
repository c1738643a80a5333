using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class QmpSessionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Events_BeforeNegotiation_AreNotSent()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, negotiate: false);
        client.ReadLine();
        machine.PressPowerButton();
        Assert.Equal("{\"return\": {}}\r\n", client.Ask("{\"execute\":\"qmp_capabilities\"}"));
        machine.PressPowerButton();
        Assert.Equal("{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"POWERDOWN\"}\r\n", client.Settle());
    }

    [Fact]
    public void Stop_Blocked_DoesNotHoldUpOtherClients()
    {
        FakeVirtualMachine machine = new() { PauseGate = new(false), State = RunState.Running };
        using MonitorServices services = new(machine);
        using QmpClient blocked = new(services);
        using QmpClient other = new(services);
        blocked.Send("{\"execute\":\"stop\"}{\"execute\":\"query-name\",\"id\":1}");
        Assert.Equal("{\"return\": {}}\r\n", other.Ask("{\"execute\":\"query-name\"}"));
        machine.PauseGate.Set();
        Assert.Contains("STOP", blocked.ReadLine());
        Assert.Equal("{\"return\": {}}\r\n", blocked.ReadLine());
        Assert.Equal("{\"return\": {}, \"id\": 1}\r\n", blocked.ReadLine());
        Assert.Contains("STOP", other.ReadLine());
    }

    [Fact]
    public void Sessions_ManyAtOnce_EachGetsItsAnswersInOrder()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        List<QmpClient> clients = [.. Enumerable.Range(0, 32).Select(_ => new QmpClient(services))];
        Parallel.ForEach(clients, (client, _, number) =>
        {
            for (int i = 0; i < 50; i++)
            {
                client.Send($"{{\"execute\":\"query-name\",\"id\":\"{number}-{i}\"}}");
            }

            for (int i = 0; i < 50; i++)
            {
                Assert.Equal($"{{\"return\": {{}}, \"id\": \"{number}-{i}\"}}\r\n", client.ReadLine());
            }
        });
        clients.ForEach(client => client.Dispose());
        Assert.Equal(1, machine.SubscriberCount);
    }

    [Fact]
    public async Task SlowReader_EventsPileUp_IsDroppedAndOthersAreServed()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient slow = new(services, options: new QmpSessionOptions { MaxQueuedOutput = 10_000 }, window: 300);
        using QmpClient other = new(services);
        for (int i = 0; i < 500; i++)
        {
            machine.PressPowerButton();
        }

        await slow.Session.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        string answers = other.Ask("{\"execute\":\"query-name\"}");
        Assert.Equal(501, answers.Count(c => c == '\n'));
        Assert.Equal(2, machine.SubscriberCount);
    }

    [Fact]
    public void SlowReader_ManyRequests_AreHeldBackNotQueued()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, options: new QmpSessionOptions { MaxQueuedOutput = 1000 }, window: 500);
        using ManualResetEventSlim sent = new();
        Thread sender = new(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                client.Send($"{{\"execute\":\"query-name\",\"id\":{i}}}");
            }

            sent.Set();
        });
        sender.Start();
        for (int i = 0; i < 2000; i++)
        {
            Assert.Equal($"{{\"return\": {{}}, \"id\": {i}}}\r\n", client.ReadLine());
        }

        Assert.True(sent.Wait(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task EndOfInput_QueuedRequests_AreAnsweredThenClosed()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        client.Send("{\"execute\":\"query-name\",\"id\":1}{\"execute\":\"query-name\",\"id\":2}");
        client.CloseInput();
        Assert.Equal("{\"return\": {}, \"id\": 1}\r\n", client.ReadLine());
        Assert.Equal("{\"return\": {}, \"id\": 2}\r\n", client.ReadLine());
        Assert.Null(client.ReadLine());
        await client.Session.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(1, machine.SubscriberCount);
    }

    [Fact]
    public void Quit_EventThenReply_AreFlushed()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        Assert.Equal(
            "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-qmp-quit\"}}\r\n{\"return\": {}}\r\n",
            client.Ask("{\"execute\":\"quit\"}"));
    }

    [Fact]
    public void Pretty_Output_IsIndented()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services, negotiate: false, options: new QmpSessionOptions { Pretty = true });
        client.Settle();
        Assert.Equal("{\r\n    \"return\": {\r\n    }\r\n}\r\n", client.Ask("{\"execute\":\"qmp_capabilities\"}"));
    }

    [Fact]
    public void Garbage_HundredThousandInputs_NextCommandWorks()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        using QmpClient client = new(services);
        Random random = new(4711);
        string[] pieces =
        [
            "{\"execute\":\"query-name\"}", "{\"execute\":\"device_add\",\"arguments\":", "{\"driver\":\"qemu64-x86_64-cpu\"}", "}", "{", "[", "]",
            "\"id\":", "null", ",", ":", "\u00FF", "\"", "'", "1e5", "\\u12", "{\"exec-oob\":\"x\"}", "{\"execute\":\"device_del\",\"arguments\":{\"id\":3}}",
            "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"device_add ,,\"}}", "\n", "{\"execute\":\"query-cpus-fast\",\"id\":[",
        ];
        for (int round = 0; round < 100; round++)
        {
            for (int i = 0; i < 1000; i++)
            {
                client.Send(pieces[random.Next(pieces.Length)]);
            }

            client.Send("\u00FF\n");
            client.Settle();
            Assert.Equal("{\"return\": {}, \"id\": \"alive\"}\r\n", client.Ask("{\"execute\":\"query-name\",\"id\":\"alive\"}"));
        }
    }
}
