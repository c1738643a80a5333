using System;
using Limber.Block.Files;
using Limber.Block.Native;
using Limber.Block.Raw;

namespace Limber.Block.Queues;

/// <summary>A queue of a raw image that gives plain requests to io_uring, and what needs more steps to the workers.</summary>
/// <remarks>
/// Workers take: memory that direct I/O can't use, discards and zeros on block devices, operations the file system refused
/// (they know a way around), and what the kernel had no room for. Workers signal the eventfd, the kernel makes the ring readable:
/// what it has completed is taken without a system call, often before anybody waits.
/// </remarks>
internal sealed unsafe class UringQueue : BlockQueue
{
    private const int MaxSegments = 1024;
    private const uint MaxPiece = 1U << 30;
    private readonly SubmissionRing ring;
    private readonly HostFile file;
    private readonly RawImage image;

    /// <exception cref="Interop.HostException">The kernel has no usable io_uring.</exception>
    public UringQueue(RawImage image, HostFile file, int depth)
        : base(image, depth)
    {
        this.image = image;
        this.file = file;
        try
        {
            ring = SubmissionRing.Open(depth);
        }
        catch
        {
            Signal.Dispose();
            throw;
        }
    }

    public override int CompletionRing => ring.Number;

    public override void Kick()
    {
        // Whatever the kernel refused to take now, a worker can do.
        if (ring.Pending > 0 && ring.Enter() != 0)
        {
            while (ring.TakeBack(out ulong index))
            {
                StartWorker(Items[index]);
            }
        }

        base.Kick();
    }

    protected override void Start(WorkItem item)
    {
        BlockRequest request = item.Request;
        bool worker = request.Kind switch
        {
            BlockRequestKind.Read => !file.Fits(request.Offset, request.Segments, request.SegmentCount),
            BlockRequestKind.Write => !file.Fits(request.Offset, request.Segments, request.SegmentCount)
                || image.GuardsFirstSector(request.Offset),
            BlockRequestKind.Flush => file.FailedSync != 0 || image.IgnoresFlush,
            _ => image.NeedsSteps(request),
        };
        if (worker)
        {
            StartWorker(item);
        }
        else
        {
            Add(item);
        }
    }

    protected override void Reap()
    {
        bool more = false;
        while (ring.TryTake(out IoUringCompletion completion))
        {
            more |= !Finish(Items[completion.user_data], completion.res);
        }

        if (more)
        {
            Kick();
        }
    }

    protected override void DisposeCore() => ring.Dispose();

    private void Add(WorkItem item)
    {
        BlockRequest request = item.Request;
        IoUringSubmission entry = new() { fd = file.Descriptor.Number, user_data = (ulong)item.Index };
        switch (request.Kind)
        {
            case BlockRequestKind.Flush:
                entry.opcode = IoUring.IORING_OP_FSYNC;
                entry.rw_flags = IoUring.IORING_FSYNC_DATASYNC;
                break;
            case BlockRequestKind.Read or BlockRequestKind.Write:
                Transfer(ref entry, request, item.Done);
                break;
            default:
                bool punch = request.Kind == BlockRequestKind.Discard || image.MayPunch(request);
                entry.opcode = IoUring.IORING_OP_FALLOCATE;
                entry.off = request.Offset;
                entry.addr = request.Length;
                entry.len = (uint)(Posix.FALLOC_FL_KEEP_SIZE | (punch ? Posix.FALLOC_FL_PUNCH_HOLE : Posix.FALLOC_FL_ZERO_RANGE));
                break;
        }

        ring.Add(entry);
    }

    // A transfer that stopped inside a segment goes on with the rest of that one alone, so that the list is never changed or
    // copied; whole segments go as a list.
    private void Transfer(ref IoUringSubmission entry, in BlockRequest request, ulong done)
    {
        bool isRead = request.Kind == BlockRequestKind.Read;
        BlockSegment* segment = request.Segments;
        ulong skip = done;
        while (skip >= segment->Length)
        {
            skip -= segment->Length;
            segment++;
        }

        int left = request.SegmentCount - (int)(segment - request.Segments);
        entry.off = request.Offset + done;
        if (skip == 0 && left > 1)
        {
            entry.opcode = isRead ? IoUring.IORING_OP_READV : IoUring.IORING_OP_WRITEV;
            entry.addr = (ulong)segment;
            entry.len = (uint)Math.Min(left, MaxSegments);
        }
        else
        {
            entry.opcode = isRead ? IoUring.IORING_OP_READ : IoUring.IORING_OP_WRITE;
            entry.addr = (ulong)segment->Address + skip;
            entry.len = (uint)Math.Min(segment->Length - skip, MaxPiece);
        }

        entry.rw_flags = !isRead && image.WriteThrough ? IoUring.RWF_DSYNC : 0;
    }

    /// <returns>False if the item was started again.</returns>
    private bool Finish(WorkItem item, int result)
    {
        BlockRequest request = item.Request;
        if (result is -Posix.EINTR or -Posix.EAGAIN)
        {
            Add(item);
            return false;
        }

        bool isRange = request.Kind is BlockRequestKind.Discard or BlockRequestKind.WriteZeroes;
        if (result == -Posix.EOPNOTSUPP && isRange)
        {
            StartWorker(item);
            return false;
        }

        if (result < 0)
        {
            item.Error = -result;
            if (request.Kind == BlockRequestKind.Flush)
            {
                file.RememberFailedSync(item.Error);
            }
        }
        else if (request.Kind is BlockRequestKind.Read or BlockRequestKind.Write)
        {
            return FinishTransfer(item, request, (ulong)result);
        }

        CompleteReaped(item);
        return true;
    }

    private bool FinishTransfer(WorkItem item, in BlockRequest request, ulong moved)
    {
        item.Done += moved;
        ulong left = request.Length - item.Done;
        bool atEnd = moved == 0 || moved % (ulong)file.OffsetAlignment != 0;
        if (left > 0 && !atEnd)
        {
            Add(item);
            return false;
        }

        if (left > 0 && request.Kind == BlockRequestKind.Read)
        {
            // The file ends within the capacity: it was truncated, or is not a multiple of the sector.
            new SegmentList(request.Segments, request.SegmentCount).Clear(item.Done, left);
            item.Error = file.AtEnd(request.Offset + item.Done);
        }
        else if (left > 0)
        {
            item.Error = Posix.ENOSPC;
        }

        CompleteReaped(item);
        return true;
    }
}
