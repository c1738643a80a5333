using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;

namespace Limber.GuestAgent;

/// <summary>
/// Makes a guest use processors that were plugged, for guests that do not by themselves.
/// <code>
///   SnapshotAsync      the processors the guest has
///        |             ... the machine plugs N, the guest acknowledges ...
///   BringOnlineAsync   asks until N new ones are there  ->  sets those online that are not  ->  asks whether they are
/// </code>
/// </summary>
/// <remarks>
/// Processors that were there before are never touched: they may be offline because the guest's owner wants that.
/// Whatever goes wrong is a result and not an exception: the plug itself has happened.
/// Thread: any; one plug at a time, as the new processors of two could not be told apart.
/// </remarks>
public sealed class GuestAgentOnliner
{
    /// <summary>Most attempts to set the processors, each of which must bring some of them online.</summary>
    private const int MaximumAttempts = 8;

    /// <summary>Between two questions whether the processors are there; what is left of a limit when no more is asked.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan ShortestCall = TimeSpan.FromMilliseconds(100);
    private readonly GuestAgentClient client;
    private readonly TimeProvider time;

    /// <summary>Somebody in the guest has the agent's port open.</summary>
    public bool IsListening => client.IsListening;

    /// <param name="client">The guest's agent.</param>
    /// <param name="time">Measures the limits of waiting.</param>
    public GuestAgentOnliner(GuestAgentClient client, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(time);
        this.client = client;
        this.time = time;
    }

    /// <summary>The processors the guest has now; taken before a plug.</summary>
    /// <param name="limit">How long to wait for the agent.</param>
    public async Task<GuestVcpuSnapshot> SnapshotAsync(TimeSpan limit)
    {
        try
        {
            return new GuestVcpuSnapshot(await client.GetVcpusAsync(limit).ConfigureAwait(false));
        }
        catch (GuestAgentException failure)
        {
            return new GuestVcpuSnapshot(failure);
        }
    }

    /// <summary>Waits until the guest has the new processors, and makes it use them.</summary>
    /// <param name="before">What it had before.</param>
    /// <param name="added">How many the guest acknowledged.</param>
    /// <param name="limit">How long to wait for everything together.</param>
    public async Task<GuestOnlineResult> BringOnlineAsync(GuestVcpuSnapshot before, int added, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(added);
        if (before.Failure is { } unknown)
        {
            return new(
                unknown.IsRefusal ? GuestOnlineOutcome.Refused : GuestOnlineOutcome.NoAgent,
                0,
                0,
                $"it is not known which processors are new to the guest: {unknown.Message}");
        }

        var progress = new Progress(before, added, limit, time.GetTimestamp());
        try
        {
            await WaitForAllAsync(progress).ConfigureAwait(false);
            await SetOnlineAsync(progress).ConfigureAwait(false);
        }
        catch (GuestAgentException failure)
        {
            progress.Failure = failure;
        }

        return Judge(progress);
    }

    /// <summary>Asks until as many are there as were added, or the time is over. An agent that is away for a moment is asked again.</summary>
    /// <exception cref="GuestAgentException">A refusal, or no answer until the end.</exception>
    private async Task WaitForAllAsync(Progress progress)
    {
        while (true)
        {
            GuestAgentException? failure = null;
            try
            {
                await LookAsync(progress).ConfigureAwait(false);
            }
            catch (GuestAgentException e) when (!e.IsRefusal && !e.IsGone)
            {
                failure = e;
            }

            if (failure is null && progress.New.Count >= progress.Added)
            {
                return;
            }

            if (Left(progress) <= Pause)
            {
                if (failure is not null && progress.New.Count == 0)
                {
                    throw failure;
                }

                return;
            }

            await Task.Delay(Pause, time).ConfigureAwait(false);
        }
    }

    private async Task LookAsync(Progress progress)
    {
        IReadOnlyList<GuestVcpu> vcpus = await client.GetVcpusAsync(CallLimit(progress)).ConfigureAwait(false);
        progress.New.Clear();
        foreach (GuestVcpu vcpu in vcpus)
        {
            if (!progress.Before.Contains(vcpu.LogicalId))
            {
                progress.New.Add(vcpu);
            }
        }
    }

    /// <summary>
    /// Sets those that are offline online, and looks. The agent stops at the first it can't set and says how many it had; asked
    /// again for the rest it says why.
    /// </summary>
    private async Task SetOnlineAsync(Progress progress)
    {
        for (int attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            List<GuestVcpu> offline = [];
            foreach (GuestVcpu vcpu in progress.New)
            {
                if (!vcpu.Online)
                {
                    offline.Add(vcpu with { Online = true });
                }
            }

            if (offline.Count == 0)
            {
                return;
            }

            int set;
            try
            {
                set = await client.SetVcpusAsync(offline, CallLimit(progress)).ConfigureAwait(false);
            }
            catch (GuestAgentException refusal) when (refusal.IsRefusal)
            {
                // Why is known now; how far it came is seen by looking.
                await LookAsync(progress).ConfigureAwait(false);
                throw;
            }

            await LookAsync(progress).ConfigureAwait(false);
            if (set <= 0)
            {
                return;
            }
        }
    }

    private TimeSpan Left(Progress progress) => progress.Limit - time.GetElapsedTime(progress.Started);

    // What begins in time may end a little late, rather than be cut off before the agent can answer.
    private TimeSpan CallLimit(Progress progress)
    {
        TimeSpan left = Left(progress);
        return left > ShortestCall ? left : ShortestCall;
    }

    private static GuestOnlineResult Judge(Progress progress)
    {
        int appeared = progress.New.Count;
        int online = 0;
        foreach (GuestVcpu vcpu in progress.New)
        {
            online += vcpu.Online ? 1 : 0;
        }

        int added = progress.Added;
        if (online >= added)
        {
            return new(GuestOnlineOutcome.Complete, appeared, online, $"the guest uses all {added} new processors");
        }

        string seen = appeared >= added
            ? $"the guest uses {online} of {added} new processors"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{appeared} of {added} new processors appeared in the guest within {progress.Limit.TotalSeconds:0.#} s, and it uses {online}");
        return progress.Failure switch
        {
            null => new(GuestOnlineOutcome.Partial, appeared, online, seen),
            { IsRefusal: true } e => new(GuestOnlineOutcome.Refused, appeared, online, $"{seen}: {e.Message}"),
            { } e when appeared == 0 => new(
                GuestOnlineOutcome.NoAgent, 0, 0, $"it is not known whether the guest uses its {added} new processors: {e.Message}"),
            { } e => new(
                GuestOnlineOutcome.NoAgent, appeared, online, $"when the guest agent was last heard, {seen}: {e.Message}"),
        };
    }

    private sealed class Progress(GuestVcpuSnapshot before, int added, TimeSpan limit, long started)
    {
        public GuestVcpuSnapshot Before { get; } = before;

        public int Added { get; } = added;

        public TimeSpan Limit { get; } = limit;

        public long Started { get; } = started;

        /// <summary>Those the guest did not have before, as last seen.</summary>
        public List<GuestVcpu> New { get; } = [];

        public GuestAgentException? Failure { get; set; }
    }
}
