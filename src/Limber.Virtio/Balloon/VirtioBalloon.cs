using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device.Loop;
using Limber.Interop;

namespace Limber.Virtio.Balloon;

/// <summary>
/// A memory balloon (VIRTIO 1.2, 5.5): the guest gives up pages until it holds as little as it is asked to.
/// <code>
///   host                      guest
///   Target = n    ----------> allocates pages, sends their numbers through the inflate queue
///   pages released &lt;---------
///   Actual, ActualChanged &lt;-- writes "actual"
///   Target = less ----------> uses pages again, sends their numbers through the deflate queue
/// </code>
/// </summary>
/// <remarks>
/// Pages that the guest takes back come into being again by its first access; deflating therefore needs no work.
/// Queue numbers follow what Linux and QEMU do, not the fixed numbers of 5.5.2: a queue whose feature was not negotiated is
/// left out and the next ones move up.
/// Thread: <see cref="Target"/>, <see cref="Actual"/>, <see cref="Statistics"/> and <see cref="PollStatistics"/> any; events on the loop.
/// All queues run on the control loop: the context has one loop.
/// </remarks>
public sealed class VirtioBalloon : VirtioDevice
{
    private const int QueueSize = 128;

    /// <summary>Most page numbers, statistics or free ranges of one request that are looked at; Linux sends 256, 16 and 32.</summary>
    private const int EntriesPerRequest = 16384;

    private readonly IBalloonMemory memory;
    private readonly HostEvent actualWritten;
    private readonly LoopTimer statisticsTimer;
    private LoopSource? actualSource;
    private Virtqueue? statisticsQueue;
    private DescriptorChain? statisticsBuffer;
    private BalloonStatistics? statistics;
    private TimeSpan interval;
    private int statisticsIndex = -1;
    private int reportingIndex = -1;

    /// <param name="context">Surroundings, with one loop.</param>
    /// <param name="memory">Takes the pages.</param>
    /// <param name="options">Offers and first target.</param>
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public VirtioBalloon(VirtioDeviceContext context, IBalloonMemory memory, VirtioBalloonOptions options)
        : base(VirtioDeviceType.Balloon, CheckLoops(context), QueueSizes(options), FeaturesOf(options), CreateConfig())
    {
        this.memory = memory;
        try
        {
            actualWritten = new HostEvent();
        }
        catch
        {
            Abandon();
            throw;
        }

        statisticsTimer = ControlLoop.CreateTimer(OnStatisticsTimer, this);
        Target = options.Target;
    }

    /// <summary>The guest wrote <see cref="Actual"/>; several writes may raise it once.</summary>
    public event Action<VirtioBalloon>? ActualChanged;

    /// <summary>Bytes that the guest is asked to give up; rounded down to pages of 4 KiB, at most 16 TiB less one page.</summary>
    public ulong Target
    {
        get => (ulong)Config.ReadUInt32(BalloonRegisters.NumPages) << BalloonRegisters.PageShift;
        set
        {
            Config.WriteUInt32(BalloonRegisters.NumPages, (uint)Math.Min(value >> BalloonRegisters.PageShift, uint.MaxValue));
            NotifyConfigChanged();
        }
    }

    /// <summary>Bytes that the guest says it has given up. Guest-controlled.</summary>
    public ulong Actual => (ulong)Config.ReadUInt32(BalloonRegisters.Actual) << BalloonRegisters.PageShift;

    /// <summary>What the guest said last about its memory, or null.</summary>
    public BalloonStatistics? Statistics => Volatile.Read(ref statistics);

    /// <inheritdoc/>
    protected internal override int ChainsPerTurn => 8;

    /// <summary>Asks the guest for statistics now and then every so often; zero: not any more.</summary>
    public void PollStatistics(TimeSpan every)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(every, TimeSpan.Zero);
        _ = ControlLoop.Post(
            () =>
            {
                interval = every;
                OnStatisticsTimer();
            },
            this);
    }

    /// <inheritdoc/>
    protected override void OnConfigWritten(int offset, int length)
    {
        if (offset < BalloonRegisters.Actual + sizeof(uint) && BalloonRegisters.Actual < offset + length)
        {
            actualWritten.Signal();
        }
    }

    /// <inheritdoc/>
    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        int next = BalloonRegisters.Deflate + 1;
        statisticsIndex = (features & BalloonRegisters.StatisticsQueue) != 0 ? next++ : -1;
        reportingIndex = (features & BalloonRegisters.PageReporting) != 0 ? next : -1;
        actualSource ??= ControlLoop.Add(actualWritten, () => ActualChanged?.Invoke(this), this);
    }

    /// <inheritdoc/>
    protected override void Deactivate(Action deactivated)
    {
        actualSource?.Dispose();
        actualSource = null;
        Config.WriteUInt32(BalloonRegisters.Actual, 0);
        Volatile.Write(ref statistics, null);
        ActualChanged?.Invoke(this);
        deactivated();
    }

    /// <inheritdoc/>
    protected override void StartQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (queue.Index == statisticsIndex)
        {
            statisticsQueue = queue;
            OnStatisticsTimer();
        }
    }

    /// <inheritdoc/>
    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        if (queue == statisticsQueue && reason != QueueStopReason.Pause)
        {
            // The buffer goes down with the queue.
            statisticsTimer.Stop();
            statisticsQueue = null;
            statisticsBuffer = null;
        }

        stopped();
    }

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        while (queue.TryPop(out DescriptorChain? chain))
        {
            if (queue.Index == statisticsIndex)
            {
                TakeStatistics(queue, chain);
                continue;
            }

            if (queue.Index == BalloonRegisters.Inflate)
            {
                Inflate(chain);
            }
            else if (queue.Index == reportingIndex)
            {
                ReleaseReported(chain);
            }

            queue.Push(chain, 0);
        }

        return QueueWork.Done;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => actualWritten.Dispose();

    private static VirtioDeviceContext CheckLoops(VirtioDeviceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Loops.Count == 1
            ? context
            : throw new ArgumentException($"balloon {context.Id} has {context.Loops.Count} loops, not 1", nameof(context));
    }

    private static int[] QueueSizes(VirtioBalloonOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int[] sizes = new int[options.FreePageReporting ? 4 : 3];
        Array.Fill(sizes, QueueSize);
        return sizes;
    }

    private static ulong FeaturesOf(VirtioBalloonOptions options) =>
        BalloonRegisters.StatisticsQueue
        | (options.DeflateOnOutOfMemory ? BalloonRegisters.DeflateOnOom : 0)
        | (options.FreePageReporting ? BalloonRegisters.PageReporting : 0);

    private static VirtioConfigSpace CreateConfig()
    {
        var config = new VirtioConfigSpace(BalloonRegisters.ConfigLength);
        config.AllowWrites(BalloonRegisters.Actual, sizeof(uint));
        return config;
    }

    private void Inflate(DescriptorChain chain)
    {
        SegmentReader reader = chain.Reader;
        var run = new PageRun(Memory.Current, memory);
        int entries = 0;
        while (entries < EntriesPerRequest && reader.TryRead(out uint page))
        {
            run.Add(page);
            entries++;
        }

        run.Flush();
        if (reader.Remaining != 0)
        {
            Log.GuestError(Id, "balloon request with a part of a page number, or too many");
        }

        if (run.Refused != 0)
        {
            Log.GuestError(Id, "balloon page that is not RAM or can't be released");
        }
    }

    private void ReleaseReported(DescriptorChain chain)
    {
        const nint PageMask = (1 << BalloonRegisters.PageShift) - 1;
        foreach (ref readonly IoVector segment in chain.Writable)
        {
            nint start = (segment.Base + PageMask) & ~PageMask;
            nint end = (segment.Base + (nint)segment.Length) & ~PageMask;
            if (end <= start || !memory.Release(start, (nuint)(end - start)))
            {
                Log.GuestError(Id, "reported free pages that can't be released");
            }
        }
    }

    private void TakeStatistics(Virtqueue queue, DescriptorChain chain)
    {
        if (statisticsBuffer is { } old)
        {
            Log.GuestError(Id, "second statistics buffer");
            queue.Push(old, 0);
        }

        var said = new BalloonStatistics();
        SegmentReader reader = chain.Reader;
        for (int i = 0; i < EntriesPerRequest && reader.TryRead(out ushort tag) && reader.TryRead(out ulong value); i++)
        {
            said.Set(tag, value);
        }

        Volatile.Write(ref statistics, said);
        statisticsBuffer = chain;
        queue.Hold(chain);
    }

    /// <summary>Gives the buffer back, which asks the guest to fill it again (5.5.6.3.1).</summary>
    private void OnStatisticsTimer()
    {
        statisticsTimer.Stop();
        if (interval == TimeSpan.Zero || statisticsQueue is not { } queue)
        {
            return;
        }

        statisticsTimer.Start(interval);
        if (queue.IsRunning && !queue.IsBroken && statisticsBuffer is { } buffer)
        {
            statisticsBuffer = null;
            queue.Push(buffer, 0);
            queue.SignalUsed();
        }
    }
}
