using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioDevices.Net;

/// <summary>Watches one descriptor of the back end for one queue.</summary>
/// <remarks>Thread: the queue's loop.</remarks>
internal sealed class NetSource
{
    private readonly NetDevice device;
    private readonly int pair;
    private Virtqueue? queue;
    private FileDescriptor? descriptor;
    private LoopSource? source;
    private LoopEvents watched;

    public NetSource(NetDevice device, int pair)
    {
        this.device = device;
        this.pair = pair;
    }

    public void Start(Virtqueue started, FileDescriptor watchedDescriptor)
    {
        queue = started;
        descriptor = watchedDescriptor;
    }

    public void Stop()
    {
        Drop();
        queue = null;
        descriptor = null;
    }

    /// <summary>Schedules the queue when one of these happens.</summary>
    public void Watch(LoopEvents events)
    {
        if (queue is null || descriptor is null || (source is null && events == LoopEvents.None))
        {
            return;
        }

        if (!device.CanTransfer(pair))
        {
            // A queue that is not in use reports an error for ever.
            Drop();
        }
        else if (source is null)
        {
            source = queue.Loop.Add(descriptor, events, OnReady, device);
            watched = events;
        }
        else if (watched != events)
        {
            source.Modify(events);
            watched = events;
        }
    }

    private void OnReady(LoopEvents events)
    {
        if ((events & (LoopEvents.Error | LoopEvents.Hangup)) != 0)
        {
            Drop();
            device.OnBackendError(pair, NetErrors.EBADFD);
        }

        queue?.Schedule();
    }

    private void Drop()
    {
        source?.Dispose();
        source = null;
        watched = LoopEvents.None;
    }
}
