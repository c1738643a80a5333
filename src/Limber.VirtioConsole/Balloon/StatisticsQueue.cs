using System;
using System.Threading;
using Limber.Virtio;

namespace Limber.VirtioConsole.Balloon;

/// <summary>
/// The statistics queue (VIRTIO 1.2, 5.5.6.3): the driver gives a buffer with numbers, the device keeps it, and gives it back when it
/// wants new ones.
/// <code>
///             driver: numbers                     device wants numbers
///   nothing -----------------> buffer is held  ------------------------> asked
///                                    ^                                    |
///                                    |       driver: new numbers          |
///                                    +------------------------------------+
/// </code>
/// </summary>
/// <remarks>Thread: the loop's; <see cref="TryGet"/> any. Lock order: <see cref="gate"/> is a leaf. Allocates nothing.</remarks>
internal sealed class StatisticsQueue
{
    private const int EntryLength = 10;

    // The tags there are, and as many again that are not known yet.
    private const int MaximumEntries = 32;

    private readonly Lock gate = new();
    private readonly ulong[] values = new ulong[BalloonDevice.StatisticCount];
    private readonly byte[] entry = new byte[EntryLength];
    private uint present;
    private DateTimeOffset updated;
    private Virtqueue? queue;
    private DescriptorChain? held;
    private bool isWanted;

    /// <summary>A number of the last report; false when it had none.</summary>
    public bool TryGet(int statistic, out ulong value)
    {
        lock (gate)
        {
            bool known = statistic >= 0 && statistic < values.Length && (present & (1u << statistic)) != 0;
            value = known ? values[statistic] : 0;
            return known;
        }
    }

    /// <summary>When the last report came, or null.</summary>
    public DateTimeOffset? Updated
    {
        get
        {
            lock (gate)
            {
                return updated == default ? null : updated;
            }
        }
    }

    public void Start(Virtqueue running)
    {
        queue = running;
        if (isWanted)
        {
            Request();
        }
    }

    /// <summary>No buffer is touched from here on. A held one goes with a reset, and is kept over a pause.</summary>
    public void Stop(bool isReset)
    {
        if (isReset)
        {
            if (held is not null)
            {
                queue!.Abandon(held);
            }

            held = null;
            isWanted = false;
            queue = null;
        }
    }

    /// <summary>Asks for new numbers; at once, or when the driver gives its buffer.</summary>
    public void Request()
    {
        isWanted = true;
        if (held is not null && queue is { IsRunning: true })
        {
            GiveBack();
        }
    }

    /// <summary>Forgets the numbers.</summary>
    public void Clear()
    {
        lock (gate)
        {
            present = 0;
            updated = default;
        }
    }

    /// <summary>Takes reports.</summary>
    /// <param name="from">The queue.</param>
    /// <param name="now">Time of the report.</param>
    /// <param name="arrived">Called after each.</param>
    public QueueWork Process(Virtqueue from, TimeProvider now, Action arrived)
    {
        while (from.TryPop(out DescriptorChain? chain))
        {
            // The specification knows one buffer; a driver with more gets the older ones back.
            if (held is not null)
            {
                GiveBack();
            }

            Read(chain.Reader, now.GetUtcNow());
            held = chain;
            isWanted = false;
            from.Hold(chain);
            arrived();
        }

        return QueueWork.Done;
    }

    private void GiveBack()
    {
        queue!.Push(held!, 0);
        held = null;
        queue.SignalUsed();
    }

    private void Read(SegmentReader reader, DateTimeOffset now)
    {
        lock (gate)
        {
            present = 0;
            for (int i = 0; i < MaximumEntries && reader.Read(entry) == EntryLength; i++)
            {
                // Spec: VIRTIO 1.2 5.5.6.3: tags that are not known are ignored.
                int tag = BitConverter.ToUInt16(entry);
                ulong value = BitConverter.ToUInt64(entry.AsSpan(2));
                if (tag < values.Length && value != ulong.MaxValue)
                {
                    values[tag] = value;
                    present |= 1u << tag;
                }
            }

            updated = now;
        }
    }
}
