using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vhost;

/// <summary>What a device knows of one queue that a back end serves.</summary>
internal sealed class HandOverRing
{
    /// <summary>The queue while it runs for the driver; null otherwise.</summary>
    public Virtqueue? Queue { get; set; }

    /// <summary>Whether the back end serves it.</summary>
    public bool IsServed { get; set; }

    /// <summary>Whether this process goes on with what the back end has left.</summary>
    public bool IsTakenOver { get; set; }

    /// <summary>Index of the first entry the back end has not taken.</summary>
    public ushort First { get; set; }

    /// <summary>Where the back end signals when the queue has no interrupt event of its own.</summary>
    public HostEvent? Call { get; set; }

    /// <summary>Watches <see cref="Call"/>, or the doorbell of a queue that this process serves.</summary>
    public LoopSource? Source { get; set; }

    /// <summary>Serves a queue of this process's own.</summary>
    public LoopTask? Task { get; set; }
}
