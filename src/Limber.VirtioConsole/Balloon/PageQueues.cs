using System;
using System.Runtime.InteropServices;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio;

namespace Limber.VirtioConsole.Balloon;

/// <summary>The queues on which a driver names pages: inflate, deflate, free page reporting.</summary>
/// <remarks>Thread: the loop's. A request allocates nothing.</remarks>
internal sealed class PageQueues
{
    // Linux sends 1 KiB, others a page. What is beyond is not released: the guest may not hold the loop up for long.
    private const int MaximumListLength = 64 * 1024;
    private const int ListPiece = 1024;

    private readonly PageReleaser releaser;
    private readonly GuestMemoryMap memory;
    private readonly Action<string> oddity;
    private readonly byte[] piece = new byte[ListPiece];

    /// <param name="releaser">Gives pages back to the host.</param>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="oddity">Counts what the driver did wrong.</param>
    public PageQueues(PageReleaser releaser, GuestMemoryMap memory, Action<string> oddity)
    {
        this.releaser = releaser;
        this.memory = memory;
        this.oddity = oddity;
    }

    /// <summary>Takes lists of page numbers, little-endian and 32 bits each (VIRTIO 1.2, 5.5.6).</summary>
    public QueueWork Inflate(Virtqueue queue)
    {
        while (queue.TryPop(out DescriptorChain? chain))
        {
            if (chain.ReadableLength is > MaximumListLength or 0 || chain.ReadableLength % sizeof(uint) != 0)
            {
                oddity("list of pages of a length that is not possible");
            }

            long ignored = releaser.Counters.IgnoredPages;
            Release(chain.Reader);
            if (releaser.Counters.IgnoredPages != ignored)
            {
                oddity("page for the balloon that is no RAM");
            }

            queue.Push(chain, 0);
        }

        return QueueWork.Done;
    }

    /// <summary>The pages come back by being used; there is nothing to do but to agree.</summary>
    public static QueueWork Deflate(Virtqueue queue)
    {
        while (queue.TryPop(out DescriptorChain? chain))
        {
            queue.Push(chain, 0);
        }

        return QueueWork.Done;
    }

    /// <summary>Takes free pages, which are the device-writable buffers themselves (VIRTIO 1.2, 5.5.6.7).</summary>
    public QueueWork Report(Virtqueue queue)
    {
        while (queue.TryPop(out DescriptorChain? chain))
        {
            if (chain.WritableLength == 0)
            {
                oddity("report of free pages without pages");
            }

            GuestMemory current = memory.Current;
            foreach (ref readonly IoVector segment in chain.Writable)
            {
                releaser.Release(current, segment.Base, segment.Length);
            }

            queue.Push(chain, 0);
        }

        return QueueWork.Done;
    }

    private void Release(SegmentReader reader)
    {
        releaser.Begin(memory.Current);
        int length;

        // Guest-controlled: the list is copied piece by piece, and only the copy is used.
        for (int done = 0; done < MaximumListLength && (length = reader.Read(piece)) >= sizeof(uint); done += length)
        {
            foreach (uint page in MemoryMarshal.Cast<byte, uint>(piece.AsSpan(0, length)))
            {
                releaser.Add(page);
            }
        }

        releaser.Flush();
    }
}
