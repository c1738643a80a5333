using System;
using Limber.Device.Loop;
using Limber.Device.RateLimits;
using Limber.Interop;
using Limber.Net;
using Limber.Virtio;

namespace Limber.VirtioDevices.Net;

/// <summary>One transmit queue: frames go from the guest's buffers straight to the host.</summary>
/// <remarks>Thread: the queue's loop.</remarks>
internal sealed class NetTransmitter
{
    private const int SmallestFrame = TapInterface.HeaderSize + 14;
    private const int LargestFrame = TapInterface.HeaderSize + 65550;
    private readonly NetDevice device;
    private readonly int pair;
    private readonly RateLimiter? limiter;
    private readonly NetSource source;
    private readonly TransmitCoalescing coalescing = new();
    private Virtqueue? queue;
    private LoopTimer? timer;

    public NetTransmitter(NetDevice device, int pair, NetDeviceOptions options)
    {
        this.device = device;
        this.pair = pair;
        limiter = options.SendLimiter;
        source = new NetSource(device, pair);
    }

    public void Start(Virtqueue started)
    {
        queue = started;
        timer = started.Loop.CreateTimer(OnTimer, device);
        if (device.Backend is { } backend)
        {
            source.Start(started, backend.GetSendDescriptor(pair));
        }
    }

    public void Stop()
    {
        source.Stop();
        timer?.Dispose();
        queue = null;
    }

    public QueueWork Process()
    {
        int sent = 0;
        while (true)
        {
            TimeSpan delay = limiter?.Delay() ?? TimeSpan.Zero;
            if (delay != TimeSpan.Zero)
            {
                timer!.Start(delay);
                source.Watch(LoopEvents.None);
                return QueueWork.Waiting;
            }

            if (!queue!.TryPop(out DescriptorChain? chain))
            {
                source.Watch(LoopEvents.None);
                return OnEmpty(sent);
            }

            if (!TrySend(chain))
            {
                queue.Unpop(chain);
                source.Watch(LoopEvents.Writable);
                return QueueWork.Waiting;
            }

            queue.Push(chain, 0);
            sent++;
        }
    }

    private QueueWork OnEmpty(int sent)
    {
        TimeSpan pause = queue!.IsBudgetSpent ? TimeSpan.Zero : coalescing.OnEmpty(sent, device.FramesReceived(pair));
        if (pause == TimeSpan.Zero)
        {
            return QueueWork.Done;
        }

        timer!.Start(pause);
        return QueueWork.Waiting;
    }

    private void OnTimer() => queue?.Schedule();

    /// <summary>False when the frame must wait; true when it was sent or is lost.</summary>
    private bool TrySend(DescriptorChain chain)
    {
        if (chain.ReadableLength is < SmallestFrame or > LargestFrame || chain.WritableLength != 0)
        {
            device.CountOddity("frame to send that is none");
            return true;
        }

        if (!device.CanTransfer(pair))
        {
            // Without a link frames are lost, as on a real wire.
            return true;
        }

        int result;
        do
        {
            result = device.Backend!.Send(pair, chain.Readable);
        }
        while (result == -ErrorNumber.EINTR);

        if (result == -ErrorNumber.EAGAIN)
        {
            return false;
        }

        limiter?.Take(chain.ReadableLength);
        if (result < 0)
        {
            if (NetErrors.ConcernOneFrame(-result))
            {
                device.CountOddity("frame that the host refused");
            }
            else
            {
                device.OnBackendError(pair, -result);
            }
        }

        return true;
    }
}
