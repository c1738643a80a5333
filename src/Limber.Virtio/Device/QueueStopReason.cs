namespace Limber.Virtio;

/// <summary>Why a queue is stopped.</summary>
public enum QueueStopReason
{
    /// <summary>The machine pauses: requests in flight are completed; the queue goes on later.</summary>
    Pause,

    /// <summary>The driver resets this queue: requests may be abandoned; the queue object is not used any more.</summary>
    QueueReset,

    /// <summary>The driver or the machine resets the device: as <see cref="QueueReset"/>, for all queues.</summary>
    DeviceReset,
}
