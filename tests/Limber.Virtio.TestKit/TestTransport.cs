using System.Threading;
using Limber.Interop;

namespace Limber.Virtio.TestKit;

/// <summary>Counts a device's interrupts.</summary>
public sealed class TestTransport : IVirtioTransport
{
    private int queueInterrupts;
    private int configInterrupts;

    public int QueueInterrupts => Volatile.Read(ref queueInterrupts);

    public int ConfigInterrupts => Volatile.Read(ref configInterrupts);

    /// <summary>What GetQueueEvent answers.</summary>
    public HostEvent? QueueEvent { get; set; }

    public void InterruptQueue(int queue) => Interlocked.Increment(ref queueInterrupts);

    public void InterruptConfig() => Interlocked.Increment(ref configInterrupts);

    public HostEvent? GetQueueEvent(int queue) => QueueEvent;
}
