using System;
using Limber.Interop;

namespace Limber.Virtio.Tests.Fakes;

/// <summary>A device whose rings another process would serve.</summary>
internal sealed class HandOverDevice(VirtioDeviceContext context, int configLength = 0)
    : VirtioDevice(VirtioDeviceType.Network, context, [64, 64], 0, new VirtioConfigSpace(configLength))
{
    private volatile HostEvent? call;
    private volatile Virtqueue? queue;
    private volatile Action? backEndStopped;

    public Virtqueue? Queue => queue;

    public HostEvent? Call => call;

    public Action? BackEndStopped => backEndStopped;

    protected internal override bool UsesLoopForRings => false;

    protected override void StartQueue(Virtqueue queue)
    {
        if (queue.Index == 0)
        {
            call = GetInterruptEvent(queue);
            this.queue = queue;
        }
    }

    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        if (queue.Index == 0)
        {
            backEndStopped = stopped;
        }
        else
        {
            stopped();
        }
    }

    protected override void InterruptEventChanged(Virtqueue queue)
    {
        if (queue.Index == 0)
        {
            call = GetInterruptEvent(queue);
        }
    }

    protected override QueueWork ProcessQueue(Virtqueue queue) =>
        throw new InvalidOperationException("the base class gave a turn to a device that takes none");
}
