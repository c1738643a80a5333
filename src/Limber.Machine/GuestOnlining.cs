using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.GuestAgent;

namespace Limber.Machine;

/// <summary>
/// Plugs processors and has the guest's agent bring them online, as an operation of its own besides those of the plugs.
/// <code>
///   client                        machine                      pool
///   ----------------------------  ---------------------------  ---------------------------------------------------
///   which has the guest? (agent)
///   plug                    ----> plugs: requested ... ended
///   operation "cpu-online"        requested                    waits for the plugs to end
///                                 notified                     asks the agent until the new ones are there and used
///                                 completed, refused, ...      says what was seen
/// </code>
/// </summary>
/// <remarks>
/// One at a time, as the new processors of two could not be told apart. The processors that the guest had are asked before
/// anything is plugged, so a guest without an agent is an error that has changed nothing.
/// </remarks>
internal sealed class GuestOnlining
{
    /// <summary>How long a client waits for the agent's first answer, and for an earlier request before that.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Lock control;
    private readonly OperationBook book;
    private HotplugOperation? current;

    /// <param name="control">The machine's control lock.</param>
    /// <param name="book">Keeps the operations.</param>
    public GuestOnlining(Lock control, OperationBook book)
    {
        this.control = control;
        this.book = book;
    }

    /// <summary>Plugs, and begins to bring online. Without the control lock; waits for the agent.</summary>
    /// <param name="agent">The guest's.</param>
    /// <param name="deadline">For the plugs and for the agent, each from now on; null for the default.</param>
    /// <param name="plug">Plugs, with the control lock held, and returns the operations.</param>
    /// <exception cref="VmException">The agent does not answer, or the plug is refused; nothing was changed.</exception>
    public IReadOnlyList<IHotplugOperation> Plug(
        GuestAgentOnliner agent, TimeSpan? deadline, Func<IReadOnlyList<IHotplugOperation>> plug)
    {
        TimeSpan limit = deadline < Patience ? deadline.Value : Patience;
        if (!turn.Wait(limit))
        {
            throw Refused($"operation {current?.Current.Id} is still bringing processors online, and two can't be told apart");
        }

        bool begun = false;
        try
        {
            GuestVcpuSnapshot before = agent.SnapshotAsync(limit).GetAwaiter().GetResult();
            if (before.Failure is { } failure)
            {
                throw Refused(failure.Message);
            }

            lock (control)
            {
                IReadOnlyList<IHotplugOperation> plugs = plug();
                HotplugOperation operation = Begin(plugs, deadline);
                begun = true;
                _ = Task.Run(() => FollowAsync(agent, before, plugs, operation));
                return [.. plugs, operation];
            }
        }
        finally
        {
            if (!begun)
            {
                turn.Release();
            }
        }
    }

    /// <summary>The machine ends. With the control lock.</summary>
    public void Shutdown()
    {
        if (current is { } operation)
        {
            book.End(operation, OperationState.Failed, "the machine ended");
        }
    }

    internal static VmException Refused(string why) =>
        new(VmErrorCode.InvalidState, $"the processors can't be brought online: {why}; nothing was plugged");

    private HotplugOperation Begin(IReadOnlyList<IHotplugOperation> plugs, TimeSpan? deadline)
    {
        // Whose processors the agent numbers how is not known: one operation for all, and for one alone it says whose.
        OperationSnapshot first = plugs[0].Current;
        bool isOne = plugs.Count == 1;
        string target = isOne
            ? first.Target
            : string.Create(CultureInfo.InvariantCulture, $"{plugs.Count} processors of operations {first.Id}-{plugs[^1].Current.Id}");
        return current = book.BeginOnline(isOne ? first.CpuIndex : -1, target, deadline, TryCancel);
    }

    // As long as the agent was not asked.
    private bool TryCancel(HotplugOperation operation)
    {
        lock (control)
        {
            return operation.Current.State == OperationState.Requested
                && book.End(operation, OperationState.Cancelled, "withdrawn before the guest's agent was asked");
        }
    }

    private async Task FollowAsync(
        GuestAgentOnliner agent, GuestVcpuSnapshot before, IReadOnlyList<IHotplugOperation> plugs, HotplugOperation operation)
    {
        try
        {
            OperationSnapshot[] ends = await Task.WhenAll(plugs.Select(p => p.Completion)).ConfigureAwait(false);
            int taken = ends.Count(e => e.State == OperationState.Completed);
            TimeSpan left;
            lock (control)
            {
                if (operation.Current.IsFinal || (taken == 0 && EndUntaken(operation, ends[0])))
                {
                    return;
                }

                left = book.TimeLeft(operation);
                book.Advance(operation, operation.Current with { State = OperationState.Notified, NotifiedAt = book.UtcNow });
            }

            GuestOnlineResult result = await agent.BringOnlineAsync(before, taken, left).ConfigureAwait(false);
            lock (control)
            {
                string others = taken == ends.Length
                    ? ""
                    : string.Create(CultureInfo.InvariantCulture, $"; {ends.Length - taken} of {ends.Length} were not taken by the guest");
                book.End(operation, StateOf(operation, result, taken == ends.Length), result.Text + others);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private bool EndUntaken(HotplugOperation operation, OperationSnapshot plug)
    {
        OperationState state = plug.State is OperationState.TimedOut or OperationState.Cancelled ? plug.State : OperationState.Failed;
        return book.End(operation, state, $"the guest's agent was not asked, as operation {plug.Id} has ended without success: {plug.Detail}");
    }

    private OperationState StateOf(HotplugOperation operation, GuestOnlineResult result, bool allTaken) => result.Outcome switch
    {
        GuestOnlineOutcome.Complete => allTaken ? OperationState.Completed : OperationState.Failed,
        GuestOnlineOutcome.Refused => OperationState.Refused,
        _ => book.TimeLeft(operation) <= GuestAgentOnliner.Pause ? OperationState.TimedOut : OperationState.Failed,
    };
}
