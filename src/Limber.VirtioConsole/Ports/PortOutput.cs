using System;
using Limber.Device;
using Limber.Virtio;

namespace Limber.VirtioConsole.Ports;

/// <summary>Bytes on their way from the guest to a back end: the chain that is being written, and the rest of one that had to go.</summary>
/// <remarks>
/// <code>
///                    pop                     back end full
///   nothing waits ---------> chain waits  ----------------> chain waits for OutputDrained
///        ^                       | all written                     | pause or reset: the driver gets its memory back,
///        |&lt;----------------------+                                 v the bytes remain
///        |&lt;-----------------------------------------------  saved rest waits for OutputDrained
///                     all written
/// </code>
/// Thread: the loop's. Nothing is allocated but the memory for a saved rest, when the device stops.
/// </remarks>
internal sealed class PortOutput
{
    /// <summary>Longest rest that is saved; Linux sends at most 32 KiB at a time.</summary>
    public const int MaximumRest = 64 * 1024;

    /// <summary>A chain can have 4 GiB of the same few pages; other ports have their turn in between.</summary>
    private const int BytesPerTurn = 256 * 1024;

    private readonly ICharacterBackend backend;
    private DescriptorChain? chain;
    private Virtqueue? source;
    private long written;
    private byte[] rest = [];
    private int restStart;

    public PortOutput(ICharacterBackend backend) => this.backend = backend;

    private bool HasRest => restStart != rest.Length;

    /// <summary>Writes what the driver made available.</summary>
    /// <returns>Waiting when the back end is full, or when the queue was scheduled for another turn.</returns>
    public QueueWork Process(Virtqueue queue, Action<string> oddity)
    {
        if (!FlushRest())
        {
            return QueueWork.Waiting;
        }

        long left = BytesPerTurn;
        while (chain is not null || Begin(queue, oddity))
        {
            if (!Send(ref left))
            {
                if (left == 0)
                {
                    queue.Schedule();
                }

                return QueueWork.Waiting;
            }

            Finish();
        }

        return QueueWork.Done;
    }

    /// <summary>Goes on with a saved rest; true when none is left.</summary>
    public bool FlushRest()
    {
        if (!HasRest)
        {
            return true;
        }

        restStart += backend.Write(rest.AsSpan(restStart));
        if (HasRest)
        {
            return false;
        }

        rest = [];
        restStart = 0;
        return true;
    }

    /// <summary>Writes a byte past everything that waits, as far as the back end has room.</summary>
    public void WriteUrgently(ReadOnlySpan<byte> data) => _ = backend.Write(data);

    /// <summary>The driver gets the chain back, or takes it away; what was not written yet is saved.</summary>
    public void Stop(bool isReset, Action<string> oddity)
    {
        if (chain is null)
        {
            return;
        }

        long left = MaximumRest;
        if (!Send(ref left))
        {
            Save(chain, oddity);
        }

        if (isReset)
        {
            source!.Abandon(chain);
            chain = null;
        }
        else
        {
            Finish();
        }
    }

    /// <summary>The port is gone: the driver gets its chain back, the bytes go nowhere.</summary>
    public void Drop()
    {
        rest = [];
        restStart = 0;
        if (chain is not null)
        {
            Finish();
            source!.SignalUsed();
        }
    }

    /// <summary>Takes everything the driver makes available and gives it back unread: nobody is there.</summary>
    public static QueueWork Discard(Virtqueue queue)
    {
        while (queue.TryPop(out DescriptorChain? chain))
        {
            queue.Push(chain, 0);
        }

        return QueueWork.Done;
    }

    private bool Begin(Virtqueue queue, Action<string> oddity)
    {
        if (!queue.TryPop(out chain))
        {
            return false;
        }

        source = queue;
        written = 0;
        if (chain.ReadableLength == 0)
        {
            oddity("transmit buffer without bytes");
        }

        return true;
    }

    private void Finish()
    {
        source!.Push(chain!, 0);
        chain = null;
    }

    /// <summary>Writes on; true when the chain is written to its end.</summary>
    /// <param name="left">Limit in bytes, lowered by what was written.</param>
    private bool Send(ref long left)
    {
        SegmentReader reader = chain!.Reader;
        _ = reader.Skip(written);
        while (reader.Remaining != 0)
        {
            ReadOnlySpan<byte> piece = reader.Next((int)left);
            int taken = backend.Write(piece);
            written += taken;
            left -= taken;
            if (taken < piece.Length || left == 0)
            {
                return written == chain.ReadableLength;
            }
        }

        return true;
    }

    private void Save(DescriptorChain from, Action<string> oddity)
    {
        SegmentReader reader = from.Reader;
        _ = reader.Skip(written);
        if (reader.Remaining > MaximumRest)
        {
            oddity("output cut short, as the device stopped in the middle of more than 64 KiB");
        }

        rest = new byte[Math.Min(reader.Remaining, MaximumRest)];
        restStart = 0;
        _ = reader.Read(rest);

        // Until a write falls short the back end has no reason to call back, and this may be the last turn for long.
        _ = FlushRest();
    }
}
