using Limber.Interop;

namespace Limber.Virtio;

/// <summary>How a device reaches its driver: PCI, or a fake in tests.</summary>
/// <remarks>Thread: any; allocates nothing.</remarks>
public interface IVirtioTransport
{
    /// <summary>Buffers of the queue were used.</summary>
    void InterruptQueue(int queue);

    /// <summary>Configuration or status changed.</summary>
    void InterruptConfig();

    /// <summary>
    /// The event that does <see cref="InterruptQueue"/> without the VMM (VHOST_SET_VRING_CALL), or null when the driver gave the
    /// queue no vector of its own: a back end then signals an event that the VMM waits for and forwards.
    /// </summary>
    HostEvent? GetQueueEvent(int queue);
}
