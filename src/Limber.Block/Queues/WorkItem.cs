namespace Limber.Block.Queues;

/// <summary>A place in a queue's depth. Made once and used for one request after another.</summary>
/// <remarks>
/// Owned by exactly one at a time: the queue's thread, the kernel, or a worker; handing over orders memory (a lock, or the ring).
/// </remarks>
internal sealed class WorkItem(BlockQueue queue, int index)
{
    public BlockQueue Queue => queue;

    public int Index => index;

    public BlockRequest Request { get; set; }

    /// <summary>Bytes of the transfer that were moved.</summary>
    public ulong Done { get; set; }

    public int Error { get; set; }

    /// <summary>Link of whichever list the item is on.</summary>
    public WorkItem? Next { get; set; }
}
