using System;
using System.Diagnostics.CodeAnalysis;
using Limber.Interop;
using Limber.Net;
using Limber.Virtio;

namespace Limber.VirtioDevices.Net;

/// <summary>The driver's buffers that a receive queue holds for the next frame, in the order in which the driver gave them.</summary>
/// <remarks>Thread: the queue's loop.</remarks>
internal sealed class ReceiveBuffers
{
    private const int CountOffset = 10;
    private const int SmallestBuffer = TapInterface.HeaderSize + 14;

    private readonly NetDevice device;
    private readonly Virtqueue queue;
    private readonly IoVector[] vectors;
    private readonly byte[] overflow = GC.AllocateArray<byte>(1, pinned: true);
    private readonly DescriptorChain[] held;
    private int count;
    private int vectorCount;
    private long capacity;

    /// <param name="device">Counts oddities.</param>
    /// <param name="queue">Gives the buffers.</param>
    /// <param name="most">How many of them one frame may have.</param>
    /// <param name="vectors">Pinned; for their pieces.</param>
    public ReceiveBuffers(NetDevice device, Virtqueue queue, int most, IoVector[] vectors)
    {
        this.device = device;
        this.queue = queue;
        this.vectors = vectors;
        held = new DescriptorChain[most];
    }

    /// <summary>True without a single one.</summary>
    public bool IsEmpty => count == 0;

    /// <summary>A buffer that no frame fits into lies behind those that are held: there are no more until these have gone.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>The pieces of all, and a byte of our own at the end: it shows whether a frame was longer than the buffers.</summary>
    public ReadOnlySpan<IoVector> Pieces => vectors.AsSpan(0, vectorCount);

    /// <summary>Takes buffers until a frame of this size has room.</summary>
    /// <returns>False when the driver has given less, though one frame might have more of them.</returns>
    public bool Collect(long enough)
    {
        IsBlocked = false;
        while (capacity < enough && count < held.Length && TryPop(out DescriptorChain? chain))
        {
            held[count++] = chain;
            capacity += chain.WritableLength;
        }

        return capacity >= enough || count == held.Length;
    }

    /// <summary>Lists the pieces of what is held.</summary>
    public unsafe void List()
    {
        vectorCount = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<IoVector> part = held[i].Writable;
            part = part[..Math.Min(part.Length, vectors.Length - vectorCount)];
            part.CopyTo(vectors.AsSpan(vectorCount));
            vectorCount += part.Length;
        }

        if (vectorCount < vectors.Length)
        {
            fixed (byte* extra = overflow)
            {
                vectors[vectorCount++] = new IoVector((nint)extra, 1);
            }
        }
    }

    /// <summary>Gives the driver a frame that was read into the pieces; the buffers behind it serve for the next one.</summary>
    /// <returns>False when it was too long for the buffers, or no frame at all: all of them serve for the next one.</returns>
    public bool TryDeliver(int length)
    {
        if (length > capacity || length < SmallestBuffer)
        {
            return false;
        }

        int used = 0;
        for (long covered = 0; covered < length; used++)
        {
            covered += held[used].WritableLength;
        }

        // Spec: VIRTIO 1.2 5.1.6.4.1: num_buffers is 1 also without the feature.
        SegmentWriter header = held[0].Writer;
        header.Skip(CountOffset);
        _ = header.TryWrite((ushort)used);
        queue.BeginBatch();
        long left = length;
        for (int i = 0; i < used; i++)
        {
            long part = Math.Min(left, held[i].WritableLength);
            capacity -= held[i].WritableLength;
            left -= part;
            queue.Push(held[i], (uint)part);
        }

        queue.EndBatch();
        count -= used;
        Array.Copy(held, used, held, 0, count);
        return true;
    }

    /// <summary>Undoes their taking, of the last one first.</summary>
    public void GiveBack()
    {
        while (count != 0)
        {
            queue.Unpop(held[--count]);
        }

        capacity = 0;
    }

    /// <summary>The device has failed, and nobody may expect them back.</summary>
    public void Abandon()
    {
        while (count != 0)
        {
            queue.Abandon(held[--count]);
        }

        capacity = 0;
    }

    private bool TryPop([NotNullWhen(true)] out DescriptorChain? chain)
    {
        while (queue.TryPop(out chain))
        {
            if (chain.WritableLength >= SmallestBuffer && chain.ReadableLength == 0)
            {
                return true;
            }

            if (count != 0)
            {
                // Buffers are undone in the reverse order only, so it can't go back before those that are held.
                queue.Unpop(chain);
                IsBlocked = true;
                chain = null;
                return false;
            }

            // Guest-controlled: a buffer that no frame fits into goes back empty.
            device.CountOddity("receive buffer without room for a frame");
            queue.Push(chain, 0);
        }

        return false;
    }
}
