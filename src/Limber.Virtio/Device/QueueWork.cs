namespace Limber.Virtio;

/// <summary>Why <see cref="VirtioDevice.ProcessQueue"/> returned.</summary>
public enum QueueWork
{
    /// <summary>TryPop returned nothing: the base class asks the driver to notify, and calls again when there is more.</summary>
    Done,

    /// <summary>
    /// There may be more, but the device waits for something else (room, data, time) and calls <see cref="Virtqueue.Schedule"/>
    /// then. The driver is not asked to notify.
    /// </summary>
    Waiting,
}
