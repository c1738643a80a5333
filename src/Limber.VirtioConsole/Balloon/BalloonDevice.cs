using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device.Loop;
using Limber.Virtio;

namespace Limber.VirtioConsole.Balloon;

/// <summary>
/// virtio-balloon (VIRTIO 1.2, 5.5): the guest is asked for pages, gives them, and the host uses their memory meanwhile.
/// <code>
///   owner               device                              driver
///   TargetPages = n --> num_pages, configuration change --> takes pages from its allocator
///                       memory goes back to the host   &lt;--- inflate queue: their numbers
///   ActualChanged  &lt;--- actual                         &lt;--- writes how many it has given
/// </code>
/// </summary>
/// <remarks>
/// The balloon is a wish: how much is given is the guest's own claim, and a page it gave it may use again at any time.
/// The device runs on the first loop of its context. Thread: public members any; events the loop's.
/// </remarks>
public sealed class BalloonDevice : VirtioDevice
{
    /// <summary>Bytes of a page of the balloon, whatever the guest's own pages are.</summary>
    public const int PageSize = (int)PageReleaser.PageSize;

    /// <summary>Shortest interval between requests for statistics.</summary>
    public static readonly TimeSpan MinimumInterval = TimeSpan.FromMilliseconds(10);

    internal const int StatisticCount = (int)BalloonStatistic.DirectReclaims + 1;

    private const int ConfigLength = 8;
    private const int TargetOffset = 0;
    private const int ActualOffset = 4;
    private const int QueueSize = 128;

    private readonly BalloonQueue[] roles;
    private readonly PageReleaser releaser = new();
    private readonly PageQueues pages;
    private readonly StatisticsQueue statistics = new();
    private readonly LoopTimer poll;
    private readonly TimeProvider time;
    private readonly Action checkActual;
    private readonly Action tellStatistics;
    private readonly Action requestStatistics;
    private long intervalTicks;
    private uint reportedActual;
    private int isCheckPosted;

    /// <param name="context">Surroundings.</param>
    /// <param name="options">What is offered.</param>
    /// <param name="time">Dates the statistics.</param>
    public BalloonDevice(VirtioDeviceContext context, BalloonOptions options, TimeProvider time)
        : base(VirtioDeviceType.Balloon, OneLoop.Of(context), QueueSizes(options), options.Features, CreateConfig(options))
    {
        this.time = time;
        pages = new PageQueues(releaser, context.Memory, text => Log.GuestError(Id, text));
        roles = new BalloonQueue[Registers.QueueCount];
        poll = ControlLoop.CreateTimer(Poll, this);
        checkActual = CheckActual;
        tellStatistics = () => StatisticsUpdated?.Invoke(this);
        requestStatistics = statistics.Request;
    }

    /// <summary><see cref="ActualPages"/> changed. A guest can make this happen as often as it likes; handlers queue and return.</summary>
    public event Action<BalloonDevice>? ActualChanged;

    /// <summary>The guest reported its numbers.</summary>
    public event Action<BalloonDevice>? StatisticsUpdated;

    /// <summary>Size that is wanted, in pages. The driver hears of a change when it is there, or finds it when it comes.</summary>
    public uint TargetPages
    {
        get => Config.ReadUInt32(TargetOffset);
        set
        {
            Config.WriteUInt32(TargetOffset, value);
            NotifyConfigChanged();
        }
    }

    /// <summary>Size as the guest says it is, in pages; any number, if the guest wants.</summary>
    public uint ActualPages => Config.ReadUInt32(ActualOffset);

    /// <summary>What was done so far.</summary>
    public BalloonCounters Counters => releaser.Counters;

    /// <summary>When the guest last reported numbers, or null.</summary>
    public DateTimeOffset? StatisticsTime => statistics.Updated;

    /// <summary>
    /// True while pages stay where they are, as a device of the host's reaches guest memory by itself (VFIO): the balloon then
    /// works for the guest, and the host gains nothing.
    /// </summary>
    public bool IsInhibited
    {
        get => releaser.IsInhibited;
        set => releaser.IsInhibited = value;
    }

    /// <summary>How often the guest is asked for statistics; zero, as at first, for never.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Neither zero nor at least <see cref="MinimumInterval"/>.</exception>
    public TimeSpan StatisticsInterval
    {
        get => new(Interlocked.Read(ref intervalTicks));
        set
        {
            if (value != TimeSpan.Zero && value < MinimumInterval)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(value), $"statistics interval {value} of {Id} is neither zero nor at least {MinimumInterval.TotalMilliseconds} ms");
            }

            Interlocked.Exchange(ref intervalTicks, value.Ticks);
            ControlLoop.Post(RestartPoll, this);
        }
    }

    /// <summary>A number of the guest's last report; false when it had none.</summary>
    public bool TryGetStatistic(BalloonStatistic statistic, out ulong value) => statistics.TryGet((int)statistic, out value);

    /// <summary>Asks the guest for its numbers once; <see cref="StatisticsUpdated"/> follows if it answers.</summary>
    public void RequestStatistics() => ControlLoop.Post(requestStatistics, this);

    protected override int ChainsPerTurn => 8;

    protected override void OnConfigWritten(int offset, int length)
    {
        if (offset < ActualOffset + sizeof(uint) && offset + length > ActualOffset && Interlocked.Exchange(ref isCheckPosted, 1) == 0)
        {
            ControlLoop.Post(checkActual, this);
        }
    }

    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        // Queues of features that were not accepted are left out, and those behind them move up: so Linux numbers them.
        Array.Clear(roles);
        roles[0] = BalloonQueue.Inflate;
        roles[1] = BalloonQueue.Deflate;
        int next = 2;
        if ((features & BalloonFeatures.Statistics) != 0)
        {
            roles[next++] = BalloonQueue.Statistics;
        }

        if ((features & BalloonFeatures.FreePageReporting) != 0)
        {
            roles[next] = BalloonQueue.Reporting;
        }
    }

    // A guest that starts anew has all its pages.
    protected override void Deactivate(Action deactivated)
    {
        statistics.Clear();
        Config.WriteUInt32(ActualOffset, 0);
        CheckActual();
        deactivated();
    }

    protected override void StartQueue(Virtqueue queue)
    {
        if (roles[queue.Index] == BalloonQueue.Statistics)
        {
            statistics.Start(queue);
        }
    }

    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        if (roles[queue.Index] == BalloonQueue.Statistics)
        {
            statistics.Stop(reason != QueueStopReason.Pause);
        }

        stopped();
    }

    protected override QueueWork ProcessQueue(Virtqueue queue) => roles[queue.Index] switch
    {
        BalloonQueue.Inflate => pages.Inflate(queue),
        BalloonQueue.Deflate => PageQueues.Deflate(queue),
        BalloonQueue.Statistics => statistics.Process(queue, time, tellStatistics),
        BalloonQueue.Reporting => pages.Report(queue),
        _ => QueueWork.Waiting,
    };

    protected override void Dispose(bool disposing) => LoopCall.Run(ControlLoop, poll.Stop);

    private static int[] QueueSizes(BalloonOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int[] sizes = new int[2 + (options.Statistics ? 1 : 0) + (options.FreePageReporting ? 1 : 0)];
        Array.Fill(sizes, QueueSize);
        return sizes;
    }

    private static VirtioConfigSpace CreateConfig(BalloonOptions options)
    {
        var config = new VirtioConfigSpace(ConfigLength);
        config.WriteUInt32(TargetOffset, options.TargetPages);
        config.AllowWrites(ActualOffset, sizeof(uint));
        return config;
    }

    private void CheckActual()
    {
        Volatile.Write(ref isCheckPosted, 0);
        Interlocked.MemoryBarrier();
        uint actual = ActualPages;
        if (actual != reportedActual)
        {
            reportedActual = actual;
            ActualChanged?.Invoke(this);
        }
    }

    private void RestartPoll()
    {
        poll.Stop();
        if (StatisticsInterval is { Ticks: > 0 } interval)
        {
            poll.Start(interval);
        }
    }

    private void Poll()
    {
        statistics.Request();
        RestartPoll();
    }
}
