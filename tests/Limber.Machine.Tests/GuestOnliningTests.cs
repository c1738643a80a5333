using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.GuestAgent;
using Limber.GuestAgent.Tests;

namespace Limber.Machine.Tests;

/// <summary>The operation that brings processors online, with a guest and plugs that do what the test says.</summary>
public sealed class GuestOnliningTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Lock control = new();
    private readonly OperationLog log = new();
    private readonly FakeGuest guest = new();
    private readonly GuestAgentOnliner agent;
    private readonly GuestOnlining onlining;
    private readonly List<HotplugOperation> plugs = [];
    private readonly OperationBook book;

    public GuestOnliningTests()
    {
        // Nothing is announced by this book.
        book = new OperationBook(TimeSpan.FromSeconds(5), null!, new EventPublisher(), log, TimeProvider.System, static _ => false);
        onlining = new GuestOnlining(control, book);
        agent = new GuestAgentOnliner(guest.Client, TimeProvider.System);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Plugged_AndTaken_IsBroughtOnline()
    {
        IReadOnlyList<IHotplugOperation> operations = Plug(2);
        IHotplugOperation online = operations[2];
        Assert.Equal((OperationKind.CpuOnline, OperationState.Requested, -1), (online.Current.Kind, online.Current.State, online.Current.CpuIndex));
        Assert.Equal("2 processors of operations 1-2", online.Current.Target);
        guest.Plug(3);
        guest.Plug(4);
        End(OperationState.Completed);

        OperationSnapshot end = await online.Completion.WaitAsync(Patience, Stop);

        Assert.Equal((OperationState.Completed, "the guest uses all 2 new processors"), (end.State, end.Detail));
        Assert.NotNull(end.NotifiedAt);
        Assert.NotNull(end.EndedAt);
        Assert.True(guest.IsOnline(3) && guest.IsOnline(4));
        Assert.False(guest.IsOnline(2));
    }

    [Fact]
    public async Task One_IsNamed_AndTheNextWaitsItsTurn()
    {
        IReadOnlyList<IHotplugOperation> first = Plug(1);
        Assert.Equal((1, "t1"), (first[1].Current.CpuIndex, first[1].Current.Target));
        guest.Plug(3);
        Task<IReadOnlyList<IHotplugOperation>> second = Task.Run(() => Plug(1), Stop);
        End(OperationState.Completed);
        Assert.Equal(OperationState.Completed, (await first[1].Completion.WaitAsync(Patience, Stop)).State);
        IHotplugOperation next = (await second.WaitAsync(Patience, Stop))[1];
        guest.Plug(4);
        End(OperationState.Completed);
        Assert.Equal(OperationState.Completed, (await next.Completion.WaitAsync(Patience, Stop)).State);
    }

    [Fact]
    public void NoTurn_IsRefused_WithNothingPlugged()
    {
        Plug(1);
        VmException e = Assert.Throws<VmException>(() => Plug(1, TimeSpan.FromMilliseconds(100)));
        Assert.Equal(
            "the processors can't be brought online: operation 2 is still bringing processors online, and two can't be told apart; nothing was plugged",
            e.Message);
        Assert.Single(plugs);
        End(OperationState.Failed);
    }

    [Fact]
    public void SilentAgent_IsRefused_WithNothingPlugged()
    {
        guest.IsSilent = true;
        VmException e = Assert.Throws<VmException>(() => Plug(1, TimeSpan.FromMilliseconds(100)));
        Assert.Contains("no answer of the guest agent to guest-get-vcpus within 0.1 s; nothing was plugged", e.Message, StringComparison.Ordinal);
        Assert.Empty(plugs);

        // The turn is given back.
        guest.IsSilent = false;
        Plug(1);
        End(OperationState.Failed);
    }

    [Theory]
    [InlineData(OperationState.TimedOut, OperationState.TimedOut)]
    [InlineData(OperationState.Cancelled, OperationState.Cancelled)]
    [InlineData(OperationState.Refused, OperationState.Failed)]
    public async Task PlugThatFails_EndsIt_WithoutAskingTheAgent(OperationState plug, OperationState expected)
    {
        IHotplugOperation online = Plug(1)[1];
        int before = guest.Gets;
        End(plug);
        OperationSnapshot end = await online.Completion.WaitAsync(Patience, Stop);
        Assert.Equal(expected, end.State);
        Assert.Equal("the guest's agent was not asked, as operation 1 has ended without success: why", end.Detail);
        Assert.Equal(before, guest.Gets);
    }

    [Fact]
    public async Task RefusalAndDeath_AreTold()
    {
        IHotplugOperation refused = Plug(1)[1];
        guest.Plug(3);
        guest.Stuck = 3;
        End(OperationState.Completed);
        OperationSnapshot end = await refused.Completion.WaitAsync(Patience, Stop);
        Assert.Equal(OperationState.Refused, end.State);
        Assert.Equal("the guest uses 0 of 1 new processors: the guest agent refused: cpu 3 is dead", end.Detail);

        IHotplugOperation dead = Plug(1, TimeSpan.FromSeconds(1))[1];
        guest.Channel.SetListening(false);
        End(OperationState.Completed);
        end = await dead.Completion.WaitAsync(Patience, Stop);
        Assert.Equal(OperationState.TimedOut, end.State);
        Assert.Equal("it is not known whether the guest uses its 1 new processors: no agent listens in the guest", end.Detail);
    }

    [Fact]
    public async Task PortThatGoes_EndsIt_BeforeTheDeadline()
    {
        IHotplugOperation online = Plug(1)[1];
        guest.Channel.Dispose();
        End(OperationState.Completed);
        OperationSnapshot end = await online.Completion.WaitAsync(TimeSpan.FromSeconds(4), Stop);
        Assert.Equal(OperationState.Failed, end.State);
        Assert.EndsWith("the guest agent's port is gone", end.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_BeforeTheAgentIsAsked_AndShutdown_EndIt()
    {
        IHotplugOperation cancelled = Plug(1)[1];
        Assert.True(cancelled.TryCancel());
        Assert.False(cancelled.TryCancel());
        Assert.Equal(OperationState.Cancelled, cancelled.Current.State);
        End(OperationState.Completed);
        Assert.Equal(OperationState.Cancelled, (await cancelled.Completion.WaitAsync(Patience, Stop)).State);

        IHotplugOperation last = Plug(1)[1];
        lock (control)
        {
            onlining.Shutdown();
        }

        Assert.Equal((OperationState.Failed, "the machine ended"), (last.Current.State, last.Current.Detail));
        End(OperationState.Failed);
    }

    private IReadOnlyList<IHotplugOperation> Plug(int count, TimeSpan? deadline = null) => onlining.Plug(agent, deadline, () =>
    {
        plugs.Clear();
        for (int i = 0; i < count; i++)
        {
            plugs.Add(book.BeginOnline(i + 1, $"t{i + 1}", deadline, static _ => false));
        }

        return [.. plugs];
    });

    private void End(OperationState state)
    {
        lock (control)
        {
            foreach (HotplugOperation plug in plugs.ToArray())
            {
                book.End(plug, state, "why");
            }
        }
    }
}
