using System;
using System.Threading;
using Limber.Virtio;

namespace Limber.VirtioConsole.Ports;

/// <summary>Bytes on their way from a back end to the guest: a bounded ring that the back end fills and the device's loop empties.</summary>
/// <remarks>
/// While the guest does not listen there is no room, so the bytes stay with the back end. What was taken but not read when the guest
/// stops listening is discarded, as drivers discard what they have of a port that is closed.
/// Thread: <see cref="Free"/> and <see cref="Add"/> any; the rest the loop's.
/// Lock order: <see cref="gate"/> is a leaf; the resume action is called after leaving it.
/// </remarks>
internal sealed class PortInput
{
    public const int Capacity = 4096;

    private readonly Lock gate = new();
    private readonly byte[] ring = new byte[Capacity];
    private int head;
    private int count;
    private bool isOpen;
    private Action? resume;

    /// <summary>Bytes that can be added now.</summary>
    public int Free
    {
        get
        {
            lock (gate)
            {
                return isOpen ? Capacity - count : 0;
            }
        }
    }

    private int Count
    {
        get
        {
            lock (gate)
            {
                return count;
            }
        }
    }

    public void OnCapacityAvailable(Action action) => Volatile.Write(ref resume, action);

    /// <summary>Adds what there is room for; true when the loop must be woken, as the ring was empty.</summary>
    public bool Add(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            int taken = isOpen ? Math.Min(data.Length, Capacity - count) : 0;
            int tail = (head + count) % Capacity;
            int first = Math.Min(taken, Capacity - tail);
            data[..first].CopyTo(ring.AsSpan(tail));
            data[first..taken].CopyTo(ring);
            bool wasEmpty = count == 0;
            count += taken;
            return wasEmpty && taken != 0;
        }
    }

    /// <summary>The guest listens, or does not any more.</summary>
    public void SetOpen(bool open)
    {
        bool opened;
        lock (gate)
        {
            opened = open && !isOpen;
            isOpen = open;
            if (!open)
            {
                head = 0;
                count = 0;
            }
        }

        if (opened)
        {
            Volatile.Read(ref resume)?.Invoke();
        }
    }

    /// <summary>Moves bytes into the driver's buffers.</summary>
    /// <returns>Waiting when there are no bytes left: the caller schedules the queue when there are.</returns>
    public QueueWork Fill(Virtqueue queue, Action<string> oddity)
    {
        int available;
        while ((available = Count) != 0)
        {
            if (!queue.TryPop(out DescriptorChain? chain))
            {
                return QueueWork.Done;
            }

            if (chain.WritableLength == 0)
            {
                oddity("receive buffer without room");
            }

            // Only the loop takes bytes away, so at least those that were seen are still there.
            SegmentWriter writer = chain.Writer;
            int left = (int)Math.Min(available, writer.Remaining);
            bool wasFull = false;
            while (left != 0)
            {
                Span<byte> room = writer.Next(left);
                wasFull |= Take(room);
                left -= room.Length;
            }

            queue.Push(chain, (uint)writer.Position);
            if (wasFull)
            {
                Volatile.Read(ref resume)?.Invoke();
            }
        }

        return QueueWork.Waiting;
    }

    /// <summary>Takes exactly as many bytes as fit; true when there was no room before.</summary>
    private bool Take(Span<byte> destination)
    {
        lock (gate)
        {
            bool wasFull = count == Capacity;
            int first = Math.Min(destination.Length, Capacity - head);
            ring.AsSpan(head, first).CopyTo(destination);
            ring.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
            head = (head + destination.Length) % Capacity;
            count -= destination.Length;
            return wasFull;
        }
    }
}
