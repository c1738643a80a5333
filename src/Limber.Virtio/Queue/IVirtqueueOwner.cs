namespace Limber.Virtio;

/// <summary>What a queue tells the device it belongs to.</summary>
/// <remarks>Thread: the queue's loop.</remarks>
internal interface IVirtqueueOwner
{
    /// <summary>The driver broke the rules in this queue; the text is a constant.</summary>
    void OnQueueBroken(Virtqueue queue, string oddity);

    /// <summary>The driver wants an interrupt.</summary>
    void OnInterrupt(Virtqueue queue);

    /// <summary>The device owns no chain of the queue any more, or holds the rest on purpose; called only when asked for.</summary>
    void OnDrained(Virtqueue queue);
}
