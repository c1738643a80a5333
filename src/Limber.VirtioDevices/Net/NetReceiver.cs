using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using Limber.Device;
using Limber.Device.Loop;
using Limber.Device.RateLimits;
using Limber.Interop;
using Limber.Net;
using Limber.Virtio;

namespace Limber.VirtioDevices.Net;

/// <summary>
/// One receive queue: frames go from the host straight into the guest's buffers.
/// <code>
///   waits for            the back end is watched   the driver notifies
///   a frame              yes                       no
///   buffers              no                        yes
///   budget, link         no                        no
/// </code>
/// </summary>
/// <remarks>
/// While it waits for a frame it keeps the buffers for the largest one, so that a small frame costs its own buffer and not all of
/// them again; they go back to the ring before anything else is waited for, and before the queue stops.
/// Thread: the queue's loop.
/// </remarks>
internal sealed class NetReceiver
{
    private const int FramesPerTurn = 128;
    private const int BufferCountOffset = 10;
    private const int SmallestBuffer = TapInterface.HeaderSize + 14;
    private const int LargestFrame = TapInterface.HeaderSize + 65550;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    private readonly NetDevice device;
    private readonly int pair;
    private readonly RateLimiter? limiter;
    private readonly int ordinaryFrame;
    private readonly IoVector[] vectors = GC.AllocateArray<IoVector>(DescriptorChain.MaximumSegments, pinned: true);
    private readonly byte[] overflow = GC.AllocateArray<byte>(1, pinned: true);
    private readonly NetSource source;
    private DescriptorChain[] buffers = [];
    private int bufferCount;
    private int vectorCount;
    private long capacity;
    private Virtqueue? queue;
    private LoopTimer? timer;
    private bool mergeable;
    private int enough;
    private bool isShort;
    private bool takesLess;
    private uint delivered;

    public NetReceiver(NetDevice device, int pair, NetDeviceOptions options)
    {
        this.device = device;
        this.pair = pair;
        limiter = options.ReceiveLimiter;

        // An Ethernet header and a VLAN tag come on top of the MTU.
        ordinaryFrame = TapInterface.HeaderSize + (options.Mtu ?? 1500) + 18;
        source = new NetSource(device, pair);
    }

    /// <summary>Frames given to the driver so far, modulo 2^32. Any thread.</summary>
    public uint Delivered => Volatile.Read(ref delivered);

    public void Start(Virtqueue started, ulong features)
    {
        queue = started;
        mergeable = (features & NetFeatures.MergeableReceiveBuffers) != 0;
        enough = !mergeable ? 1 : (features & NetFeatures.GuestLargeFrames) != 0 ? LargestFrame : ordinaryFrame;
        isShort = false;
        takesLess = false;
        buffers = new DescriptorChain[mergeable ? started.Size : 1];
        bufferCount = 0;
        capacity = 0;
        timer = started.Loop.CreateTimer(OnTimer, device);
        if (device.Backend is { } backend)
        {
            source.Start(started, backend.GetReceiveDescriptor(pair));
        }
    }

    public void Stop()
    {
        GiveBack();
        source.Stop();
        timer?.Dispose();
        queue = null;
    }

    public QueueWork Process()
    {
        try
        {
            return TakeFrames();
        }
        catch
        {
            // The device has failed, and nobody may expect these back.
            while (bufferCount != 0)
            {
                queue!.Abandon(buffers[--bufferCount]);
            }

            throw;
        }
    }

    private QueueWork TakeFrames()
    {
        for (int i = 0; i < FramesPerTurn; i++)
        {
            if (!device.CanTransfer(pair) || IsLimited())
            {
                return Wait(LoopEvents.None, QueueWork.Waiting);
            }

            if (!Collect())
            {
                // Asked while the buffers that are too few are still taken: for the next one, not for those, which go back.
                if (queue!.EnableNotifications())
                {
                    continue;
                }

                return Wait(LoopEvents.None, QueueWork.Waiting);
            }

            int length = device.Backend!.Receive(pair, vectors.AsSpan(0, vectorCount));
            if (length < 0)
            {
                if (length == -ErrorNumber.EINTR || NetErrors.ConcernOneFrame(-length))
                {
                    continue;
                }

                if (length != -ErrorNumber.EAGAIN)
                {
                    device.OnBackendError(pair, -length);
                }

                return Wait(LoopEvents.Readable, QueueWork.Waiting);
            }

            Deliver(length);
        }

        queue!.Schedule();
        return Wait(LoopEvents.Readable, QueueWork.Waiting);
    }

    private QueueWork Wait(LoopEvents interest, QueueWork work)
    {
        if (interest != LoopEvents.Readable)
        {
            GiveBack();
        }

        source.Watch(interest);
        return work;
    }

    // The last one taken first.
    private void GiveBack()
    {
        while (bufferCount != 0)
        {
            queue!.Unpop(buffers[--bufferCount]);
        }

        capacity = 0;
    }

    private bool IsLimited()
    {
        TimeSpan delay = limiter?.Delay() ?? TimeSpan.Zero;
        if (delay != TimeSpan.Zero)
        {
            timer!.Start(delay);
        }

        return delay != TimeSpan.Zero;
    }

    private void OnTimer()
    {
        takesLess = isShort;
        queue?.Schedule();
    }

    /// <summary>Sees to buffers for the largest frame there may be, and lists their pieces.</summary>
    private bool Collect()
    {
        while (capacity < enough && bufferCount < buffers.Length && TryPop(out DescriptorChain? chain))
        {
            buffers[bufferCount++] = chain;
            capacity += chain.WritableLength;
        }

        // A driver may give less than the largest frame needs, and give no more before it has got something. So after some time
        // with no more of them, what is there must do; a frame that does not fit is lost then.
        if (capacity < enough && bufferCount < buffers.Length && !(takesLess && capacity != 0))
        {
            isShort = capacity != 0;
            if (isShort)
            {
                timer!.Start(Patience);
            }

            return false;
        }

        isShort = false;
        takesLess = false;
        ListVectors();
        return true;
    }

    private bool TryPop([NotNullWhen(true)] out DescriptorChain? chain)
    {
        while (queue!.TryPop(out chain))
        {
            if (chain.WritableLength >= SmallestBuffer && chain.ReadableLength == 0)
            {
                return true;
            }

            if (bufferCount != 0)
            {
                // Buffers are undone in the reverse order only, so it can't go back before those that are kept: these must do until then.
                queue.Unpop(chain);
                takesLess = true;
                chain = null;
                return false;
            }

            // Guest-controlled: a buffer that no frame fits into goes back empty.
            device.CountOddity("receive buffer without room for a frame");
            queue.Push(chain, 0);
        }

        return false;
    }

    private unsafe void ListVectors()
    {
        vectorCount = 0;
        for (int i = 0; i < bufferCount; i++)
        {
            ReadOnlySpan<IoVector> part = buffers[i].Writable;
            part = part[..Math.Min(part.Length, vectors.Length - vectorCount)];
            part.CopyTo(vectors.AsSpan(vectorCount));
            vectorCount += part.Length;
        }

        // A byte of our own at the end shows whether a frame was longer than the buffers.
        if (vectorCount < vectors.Length)
        {
            fixed (byte* extra = overflow)
            {
                vectors[vectorCount++] = new IoVector((nint)extra, 1);
            }
        }
    }

    private void Deliver(int length)
    {
        limiter?.Take(length);
        if (length > capacity || length < SmallestBuffer)
        {
            // Too long for the buffers, or no frame at all: they serve for the next one.
            return;
        }

        int used = 0;
        for (long covered = 0; covered < length; used++)
        {
            covered += buffers[used].WritableLength;
        }

        // Spec: VIRTIO 1.2 5.1.6.4.1: num_buffers is 1 also without the feature.
        SegmentWriter header = buffers[0].Writer;
        header.Skip(BufferCountOffset);
        _ = header.TryWrite((ushort)used);
        queue!.BeginBatch();
        long left = length;
        for (int i = 0; i < used; i++)
        {
            long part = Math.Min(left, buffers[i].WritableLength);
            capacity -= buffers[i].WritableLength;
            left -= part;
            queue.Push(buffers[i], (uint)part);
        }

        queue.EndBatch();
        Volatile.Write(ref delivered, unchecked(delivered + 1));
        bufferCount -= used;
        Array.Copy(buffers, used, buffers, 0, bufferCount);
    }
}
