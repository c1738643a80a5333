using System;
using Limber.Interop;

namespace Limber.Virtio.Tests.Fakes;

/// <summary>A device whose rings another process would serve.</summary>
internal sealed class HandOverDevice(VirtioDeviceContext context)
    : VirtioDevice(VirtioDeviceType.Network, context, [64], 0, new VirtioConfigSpace(0))
{
    public Virtqueue? Queue { get; private set; }

    public HostEvent? Call { get; private set; }

    public Action? BackEndStopped { get; private set; }

    protected internal override bool UsesLoopForRings => false;

    protected override void StartQueue(Virtqueue queue)
    {
        Call = GetInterruptEvent(queue);
        Queue = queue;
    }

    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped) => BackEndStopped = stopped;

    protected override QueueWork ProcessQueue(Virtqueue queue) =>
        throw new InvalidOperationException("the base class gave a turn to a device that takes none");
}
