using System.Collections.Generic;
using System.Linq;
using System.Text;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>What QEMU 10.0.2 answered, byte for byte.</summary>
public sealed class QmpTranscriptTests
{
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(3)]
    public void Protocol_SameBytesInAnyPortions_SameAnswers(int portion)
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, negotiate: false);
        Assert.Equal(
            "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 2, \"minor\": 0, \"major\": 10}, \"package\": \"Limber 0.1.0\"}, \"capabilities\": [\"oob\"]}}\r\n",
            client.ReadLine());
        IReadOnlyList<(string Sent, string Received)> rows = Transcript.Load("qmp-protocol.txt");
        Assert.True(rows.Count > 130);
        foreach ((string sent, string received) in rows)
        {
            foreach (char[] part in sent.Chunk(portion))
            {
                client.Send(new string(part));
            }

            string answer = client.Settle();
            Assert.True(
                QmpClient.WithoutTime(received) == answer,
                $"sent {sent}\nwant {received}\ngot  {answer}");
        }
    }

    [Fact]
    public void Protocol_SplitAtEveryBoundary_SameAnswers()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        const string Sent = "{\"execute\":\"query-name\",'id':[\"\\u00e9\",-1.5e3,18446744073709551615,{\"a\":null}]}\n01 {\"execute\":\"nosuch\"}";
        string whole = client.Ask(Sent);
        Assert.Equal(3, whole.Count(c => c == '\n'));
        for (int i = 1; i < Sent.Length; i++)
        {
            client.Send(Sent[..i]);
            StringBuilder got = new(client.Settle());
            client.Send(Sent[i..]);
            got.Append(client.Settle());
            Assert.Equal(whole, got.ToString());
        }
    }

    [Fact]
    public void DeviceAdd_Refusals_HaveObservedTexts()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services);
        foreach ((string sent, string received) in Transcript.Load("device-add.txt"))
        {
            string answer = client.Ask(sent);
            Assert.True(received + "\r\n" == answer, $"sent {sent}\nwant {received}\ngot  {answer}");
        }

        Assert.Empty(machine.Operations);
    }

    [Fact]
    public void OutOfBand_WithCapability_HasObservedTexts()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, negotiate: false);
        client.ReadLine();
        Assert.Equal("{\"return\": {}}\r\n", client.Ask("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}"));
        Assert.Equal(
            "{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": \"The command query-status does not support OOB\"}}\r\n",
            client.Ask("{\"exec-oob\":\"query-status\",\"id\":1}"));
        Assert.Equal(
            "{\"id\": 3, \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command nosuch has not been found\"}}\r\n",
            client.Ask("{\"exec-oob\":\"nosuch\",\"id\":3}"));
        Assert.Equal(
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"The command qmp_capabilities does not support OOB\"}}\r\n",
            client.Ask("{\"exec-oob\":\"qmp_capabilities\"}"));
        Assert.Equal(
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"QMP input member 'execute' clashes with 'exec-oob'\"}}\r\n",
            client.Ask("{\"execute\":\"query-name\",\"exec-oob\":\"query-name\"}"));
    }
}
