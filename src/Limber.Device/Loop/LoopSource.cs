using System;
using Limber.Interop;

namespace Limber.Device.Loop;

/// <summary>One descriptor that a <see cref="DeviceLoop"/> watches.</summary>
/// <remarks>Thread: the loop's.</remarks>
public sealed class LoopSource : IDisposable
{
    private readonly DeviceLoop loop;
    private readonly Action<LoopEvents> ready;

    internal LoopSource(DeviceLoop loop, FileDescriptor descriptor, Action<LoopEvents> ready, ILoopOwner owner)
    {
        this.loop = loop;
        this.ready = ready;
        Descriptor = descriptor;
        Owner = owner;
    }

    internal FileDescriptor Descriptor { get; }

    internal ILoopOwner Owner { get; }

    /// <summary>Identifies the source for ever, so that an event fetched before a removal finds nobody.</summary>
    internal ulong Key { get; set; }

    /// <summary>Watches for something else from here on; <see cref="LoopEvents.None"/> leaves error and hang-up.</summary>
    /// <exception cref="HostException">The host refused.</exception>
    public void Modify(LoopEvents events) => loop.Modify(this, events);

    /// <summary>
    /// Calls also, with <see cref="LoopEvents.None"/>, when a wait of the loop was interrupted: io_uring completes requests on the
    /// thread that submitted them, by interrupting what it waits in, and the results are there before the descriptor is seen readable.
    /// </summary>
    public void CallOnInterrupt() => loop.CallOnInterrupt(this);

    /// <summary>Stops watching. The callback is not called any more, not even for what was seen already. Idempotent.</summary>
    public void Dispose() => loop.Remove(this);

    internal void Dispatch(LoopEvents events) => ready(events);
}
