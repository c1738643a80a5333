using System;
using System.Linq;
using System.Threading.Tasks;

namespace Limber.GuestAgent.Tests;

public sealed class GuestAgentOnlinerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);
    private readonly FakeGuest guest = new();
    private readonly GuestAgentOnliner onliner;

    public GuestAgentOnlinerTests() => onliner = new GuestAgentOnliner(guest.Client, new JumpingTime());

    [Fact]
    public async Task NewProcessors_AreSetOnline_AndOldOnesLeftAlone()
    {
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Limit);
        guest.Plug(3);
        guest.Plug(7);

        GuestOnlineResult result = await onliner.BringOnlineAsync(before, 2, Limit);

        Assert.Equal(new(GuestOnlineOutcome.Complete, 2, 2, "the guest uses all 2 new processors"), result);
        Assert.True(guest.IsOnline(3) && guest.IsOnline(7));
        Assert.False(guest.IsOnline(2));
        Assert.Equal(3, before.Count);
    }

    [Fact]
    public async Task ProcessorsThatComeLate_AreWaitedFor()
    {
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Limit);
        guest.OnGet = number =>
        {
            if (number is 5 or 6)
            {
                guest.Plug(number - 2);
            }
        };

        GuestOnlineResult result = await onliner.BringOnlineAsync(before, 2, Limit);

        Assert.Equal(GuestOnlineOutcome.Complete, result.Outcome);
        Assert.InRange(guest.Gets, 7, 9);
    }

    [Fact]
    public async Task GuestThatUsesThemByItself_IsNotAskedTo()
    {
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Limit);
        guest.Plug(3, online: true);

        GuestOnlineResult result = await onliner.BringOnlineAsync(before, 1, Limit);

        Assert.Equal(GuestOnlineOutcome.Complete, result.Outcome);
        Assert.Empty(guest.Sets);
    }

    [Fact]
    public async Task FewerThanAdded_AreUsedAllTheSame_AndTheResultSaysSo()
    {
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Limit);
        guest.Plug(3);

        GuestOnlineResult result = await onliner.BringOnlineAsync(before, 4, Limit);

        Assert.Equal(
            new(GuestOnlineOutcome.Partial, 1, 1, "1 of 4 new processors appeared in the guest within 20 s, and it uses 1"), result);
        Assert.True(guest.IsOnline(3));
    }

    [Fact]
    public async Task OneThatCannotBeSet_StopsTheRest_AndTheReasonIsTheAgents()
    {
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Limit);
        guest.Plug(3);
        guest.Plug(4);
        guest.Plug(5);
        guest.Stuck = 4;

        GuestOnlineResult result = await onliner.BringOnlineAsync(before, 3, Limit);

        Assert.Equal(
            new(GuestOnlineOutcome.Refused, 3, 1, "the guest uses 1 of 3 new processors: the guest agent refused: cpu 4 is dead"), result);
        Assert.Equal(2, guest.Sets.Count());
    }

    [Fact]
    public async Task NoAgent_AtTheSnapshot_IsSaid_AndNothingIsTried()
    {
        guest.IsSilent = true;
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Instant);
        int requests = guest.Agent.Requests.Count;

        GuestOnlineResult result = await onliner.BringOnlineAsync(before, 1, Limit);

        Assert.Equal(GuestOnlineOutcome.NoAgent, result.Outcome);
        Assert.Equal(
            "it is not known which processors are new to the guest: no answer of the guest agent to guest-get-vcpus within 0 s", result.Text);
        Assert.Equal(requests, guest.Agent.Requests.Count);
    }

    [Fact]
    public async Task NoAgent_AfterTheSnapshot_IsSaid()
    {
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Limit);
        guest.IsSilent = true;

        GuestOnlineResult result = await onliner.BringOnlineAsync(before, 2, Instant);

        Assert.Equal(GuestOnlineOutcome.NoAgent, result.Outcome);
        Assert.StartsWith("it is not known whether the guest uses its 2 new processors: no answer", result.Text);
    }

    [Fact]
    public async Task DisabledCommand_IsARefusal()
    {
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Limit);
        guest.Plug(3);
        guest.Refuses = "guest-set-vcpus";

        GuestOnlineResult result = await onliner.BringOnlineAsync(before, 1, Limit);

        Assert.Equal(
            new(
                GuestOnlineOutcome.Refused,
                1,
                0,
                "the guest uses 0 of 1 new processors: the guest agent refused: Command guest-set-vcpus has been disabled"),
            result);
    }

    [Fact]
    public async Task DisabledQuestion_IsARefusal_AlreadyAtTheSnapshot()
    {
        guest.Refuses = "guest-get-vcpus";
        GuestVcpuSnapshot before = await onliner.SnapshotAsync(Limit);

        Assert.Equal(GuestOnlineOutcome.Refused, (await onliner.BringOnlineAsync(before, 1, Limit)).Outcome);
    }

    [Fact]
    public async Task AgentThatClaimsMoreThanItDid_IsNotBelieved()
    {
        var channel = new GuestAgentChannel();
        var agent = new FakeAgent(channel, request => request switch
        {
            _ when request.Contains("guest-sync", StringComparison.Ordinal) =>
                "\xFF{\"return\": " + System.Text.RegularExpressions.Regex.Match(request, "\"id\":([0-9]+)").Groups[1].Value + "}\n",
            _ when request.Contains("set", StringComparison.Ordinal) => "{\"return\": 1}\n",
            _ => "{\"return\": [{\"logical-id\": 5, \"online\": false}]}\n",
        });
        channel.Start(agent);
        channel.SetListening(true);
        var believer = new GuestAgentOnliner(new GuestAgentClient(channel, TimeProvider.System), new JumpingTime());

        GuestOnlineResult result = await believer.BringOnlineAsync(new GuestVcpuSnapshot([]), 1, Limit);

        Assert.Equal(new(GuestOnlineOutcome.Partial, 1, 0, "the guest uses 0 of 1 new processors"), result);
    }
}
