using System;
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
    private const int LargestFrame = TapInterface.HeaderSize + 65550;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    private readonly NetDevice device;
    private readonly int pair;
    private readonly RateLimiter? limiter;
    private readonly int ordinaryFrame;
    private readonly IoVector[] vectors = GC.AllocateArray<IoVector>(DescriptorChain.MaximumSegments, pinned: true);
    private readonly NetSource source;
    private ReceiveBuffers? buffers;
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
        buffers = new ReceiveBuffers(device, started, mergeable ? started.Size : 1, vectors);
        timer = started.Loop.CreateTimer(OnTimer, device);
        if (device.Backend is { } backend)
        {
            source.Start(started, backend.GetReceiveDescriptor(pair));
        }
    }

    public void Stop()
    {
        buffers?.GiveBack();
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
            buffers!.Abandon();
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

            int length = device.Backend!.Receive(pair, buffers!.Pieces);
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
            buffers!.GiveBack();
        }

        source.Watch(interest);
        return work;
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
        bool complete = buffers!.Collect(enough);
        takesLess |= buffers.IsBlocked;

        // A driver may give less than the largest frame needs, and give no more before it has got something. So after some time
        // with no more of them, what is there must do; a frame that does not fit is lost then.
        if (!complete && !(takesLess && !buffers.IsEmpty))
        {
            isShort = !buffers.IsEmpty;
            if (isShort)
            {
                timer!.Start(Patience);
            }

            return false;
        }

        isShort = false;
        takesLess = false;
        buffers.List();
        return true;
    }

    private void Deliver(int length)
    {
        limiter?.Take(length);
        if (buffers!.TryDeliver(length))
        {
            Volatile.Write(ref delivered, unchecked(delivered + 1));
        }
    }
}
