using System;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace Limber.GuestAgent.Tests;

public sealed class GuestAgentClientTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    private static string Sync(string request) => "\xFF{\"return\": " + Regex.Match(request, "\"id\":([0-9]+)").Groups[1].Value + "}\n";

    private static (GuestAgentClient Client, FakeAgent Agent) Make(Func<string, string?> answer)
    {
        var channel = new GuestAgentChannel();
        var agent = new FakeAgent(channel, request => request.Contains("guest-sync", StringComparison.Ordinal) ? Sync(request) : answer(request));
        channel.Start(agent);
        channel.SetListening(true);
        return (new GuestAgentClient(channel, TimeProvider.System), agent);
    }

    [Fact]
    public async Task GetVcpus_SynchronizesAndParses()
    {
        (GuestAgentClient client, FakeAgent agent) = Make(_ =>
            "{\"return\": [{\"online\": true, \"can-offline\": false, \"logical-id\": 0}, {\"online\": false, \"can-offline\": true, \"logical-id\": 3}]}\n");

        Assert.Equal([new GuestVcpu(0, true, false), new GuestVcpu(3, false, true)], await client.GetVcpusAsync(Limit));

        Assert.Equal("\xFF{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":1}}", agent.Requests[0]);
        Assert.Equal("{\"execute\":\"guest-get-vcpus\"}", agent.Requests[1]);
    }

    [Fact]
    public async Task SetVcpus_SendsEachProcessor()
    {
        (GuestAgentClient client, FakeAgent agent) = Make(_ => "{\"return\": 2}\n");

        Assert.Equal(2, await client.SetVcpusAsync([new GuestVcpu(1, true, true), new GuestVcpu(2, false, true)], Limit));

        Assert.Equal(
            "{\"execute\":\"guest-set-vcpus\",\"arguments\":{\"vcpus\":[{\"logical-id\":1,\"online\":true},{\"logical-id\":2,\"online\":false}]}}",
            agent.Requests[1]);
    }

    [Fact]
    public async Task Refusal_CarriesTheAgentsReason()
    {
        (GuestAgentClient client, _) = Make(_ => "{\"error\": {\"class\": \"GenericError\", \"desc\": \"cpu 3 is locked\"}}\n");

        var e = await Assert.ThrowsAsync<GuestAgentException>(() => client.SetVcpusAsync([new GuestVcpu(3, true, true)], Limit));

        Assert.Equal("the guest agent refused: cpu 3 is locked", e.Message);
    }

    [Fact]
    public async Task NoAnswer_NamesTheCommandAndTheLimit_AndTheNextCommandWorks()
    {
        bool silent = true;
        (GuestAgentClient client, _) = Make(_ => silent ? null : "{\"return\": []}\n");

        var e = await Assert.ThrowsAsync<GuestAgentException>(() => client.GetVcpusAsync(Instant));

        Assert.Equal("no answer of the guest agent to guest-get-vcpus within 0 s", e.Message);
        silent = false;
        Assert.Empty(await client.GetVcpusAsync(Limit));
    }

    [Fact]
    public async Task StaleAnswers_AreSkipped()
    {
        var channel = new GuestAgentChannel();
        var agent = new FakeAgent(channel, request => request.Contains("guest-sync", StringComparison.Ordinal)
            ? "{\"return\": 77}\n{\"ret" + Sync(request)
            : "{\"return\": []}\n");
        channel.Start(agent);
        channel.SetListening(true);

        // The stale line and the torn one go nowhere: the delimiter ends them.
        channel.Write("{\"return\": 5}\n"u8);
        Assert.Empty(await new GuestAgentClient(channel, TimeProvider.System).GetVcpusAsync(Limit));
    }

    [Theory]
    [InlineData("not json\n")]
    [InlineData("[]\n")]
    [InlineData("{\"return\": 5}\n")]
    [InlineData("{\"return\": [{\"logical-id\": \"x\"}, 7]}\n")]
    public async Task Garbage_IsAnErrorOrNothing_NeverACrash(string answer)
    {
        (GuestAgentClient client, _) = Make(_ => answer);

        try
        {
            Assert.Empty(await client.GetVcpusAsync(Limit));
        }
        catch (GuestAgentException e)
        {
            Assert.Contains("guest agent", e.Message);
        }
    }

    [Fact]
    public async Task LongerAnswerThanTheLimit_IsAnError()
    {
        (GuestAgentClient client, _) = Make(_ => new string(' ', GuestAgentChannel.MaximumLine + 1) + "\n");

        var e = await Assert.ThrowsAsync<GuestAgentException>(() => client.GetVcpusAsync(Limit));

        Assert.Equal("the guest agent's answer exceeds 1048576 bytes", e.Message);
    }

    [Fact]
    public async Task FullPort_TakesTheRestWhenThereIsRoom()
    {
        (GuestAgentClient client, FakeAgent agent) = Make(_ => "{\"return\": []}\n");
        agent.ReceiveCapacity = 0;
        Task<System.Collections.Generic.IReadOnlyList<GuestVcpu>> call = client.GetVcpusAsync(Limit);
        Assert.Empty(agent.Requests);

        agent.Open(1000);

        Assert.Empty(await call);
    }

    [Fact]
    public async Task Dispose_EndsAWaitingCommand()
    {
        var channel = new GuestAgentChannel();
        channel.Start(new FakeAgent(channel, _ => null));
        channel.SetListening(true);
        Task call = new GuestAgentClient(channel, TimeProvider.System).GetVcpusAsync(Limit);

        channel.Dispose();

        await Assert.ThrowsAsync<GuestAgentException>(() => call);
    }

    [Fact]
    public async Task NobodyListening_IsAnErrorAtOnce_AndEndsAWaitingCommand()
    {
        var channel = new GuestAgentChannel();
        channel.Start(new FakeAgent(channel, _ => null));
        var client = new GuestAgentClient(channel, TimeProvider.System);
        Assert.False(client.IsListening);
        Assert.Equal("no agent listens in the guest", (await Assert.ThrowsAsync<GuestAgentException>(() => client.GetVcpusAsync(Limit))).Message);

        channel.SetListening(true);
        Task call = client.GetVcpusAsync(Limit);
        channel.SetListening(false);

        Assert.Equal("no agent listens in the guest", (await Assert.ThrowsAsync<GuestAgentException>(() => call)).Message);
    }

    [Fact]
    public async Task AnswersOfAnAgentThatWent_AreNotTakenForTheNextOnes()
    {
        var channel = new GuestAgentChannel();
        bool works = false;
        var agent = new FakeAgent(channel, request =>
            !works ? null : request.Contains("guest-sync", StringComparison.Ordinal) ? Sync(request) : "{\"return\": []}\n");
        channel.Start(agent);
        channel.SetListening(true);
        channel.Write("{\"return\": [{\"logical-id\": 9, \"online\": true}"u8);

        channel.SetListening(false);
        channel.SetListening(true);
        works = true;

        Assert.Empty(await new GuestAgentClient(channel, TimeProvider.System).GetVcpusAsync(Limit));
    }

    [Fact]
    public async Task FloodOfLines_EndsWithTheLimit()
    {
        var channel = new GuestAgentChannel();
        string flood = string.Concat(System.Linq.Enumerable.Repeat("{\"return\": 0}\n", 1000));
        channel.Start(new FakeAgent(channel, _ => flood));
        channel.SetListening(true);

        var e = await Assert.ThrowsAsync<GuestAgentException>(() => new GuestAgentClient(channel, new JumpingTime()).GetVcpusAsync(Limit));

        Assert.Equal("no answer of the guest agent to guest-get-vcpus within 20 s", e.Message);
    }

    [Theory]
    [InlineData("{\"error\": {\"desc\": \"\\ud800\"}}\n")]
    [InlineData("{\"\\ud800\": 1, \"error\": {}}\n")]
    [InlineData("{\"return\": [{\"logical\\ud800\": 1}]}\n")]
    [InlineData("{\"error\": {\"desc\": \"\xE9\xE9\"}}\n")]
    public async Task TextThatIsNoUnicode_IsAnErrorOrNothing(string answer)
    {
        (GuestAgentClient client, _) = Make(_ => answer);
        try
        {
            Assert.Empty(await client.GetVcpusAsync(Limit));
        }
        catch (GuestAgentException e)
        {
            Assert.Contains("guest agent", e.Message);
        }
    }

    [Fact]
    public async Task LongReason_IsShortened_AndControlCharactersAreNotPassedOn()
    {
        (GuestAgentClient client, _) = Make(_ => "{\"error\": {\"desc\": \"\\u001b[2J" + new string('x', 5000) + "\"}}\n");

        var e = await Assert.ThrowsAsync<GuestAgentException>(() => client.GetVcpusAsync(Limit));

        Assert.Equal("the guest agent refused: ?[2J" + new string('x', 196), e.Message);
    }
}
