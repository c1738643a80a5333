using System;
using System.Buffers.Binary;
using System.Threading;
using Limber.Block;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioBlock;

/// <summary>
/// One request queue: takes requests from the guest's ring, hands them to the image's queue, and gives the answers back.
/// </summary>
/// <remarks>
/// Guest-controlled: everything in a request. One without room for a header and a status breaks the device; what else is wrong with
/// it is answered with an error. Thread: the queue's loop. A request allocates nothing once as many were in flight before.
/// </remarks>
internal sealed partial class BlockRequestQueue : IDisposable
{
    private const int HeaderSize = 16;
    private const int StatusSize = 1;
    private const int SectorShift = 9;
    private const int CompletionsAtOnce = 64;

    private readonly VirtioBlock device;
    private readonly IBlockImage image;
    private readonly IBlockQueue target;
    private readonly BlockOperationPool operations = new();
    private readonly BlockCompletion[] completions = new BlockCompletion[CompletionsAtOnce];
    private readonly RequestBudget budget;
    private Virtqueue? queue;
    private CompletionWatch? watch;
    private DescriptorChain? postponed;

    public BlockRequestQueue(VirtioBlock device, IBlockImage image, int depth)
    {
        this.device = device;
        this.image = image;
        budget = new RequestBudget(device.Limiter, device);
        target = image.OpenQueue(depth);
    }

    public void Start(Virtqueue queue)
    {
        this.queue = queue;
        budget.GrantsCredit = false;
        budget.Start(queue);
        watch ??= new CompletionWatch(queue.Loop, target, Complete, device);
    }

    /// <summary>Takes what the guest has made available, and answers what the host did at once.</summary>
    public QueueWork Process()
    {
        QueueWork work;
        do
        {
            work = TakeRequests();
            target.Kick();
        }
        while (DrainCompletions() && work == QueueWork.Waiting);
        return work;
    }

    private QueueWork TakeRequests()
    {
        while (postponed is not null || queue!.TryPop(out postponed))
        {
            DescriptorChain chain = postponed;
            if (!Handle(chain))
            {
                // As many as the host takes are in flight, and a completion makes room; or the limits say to wait.
                return QueueWork.Waiting;
            }

            postponed = null;
        }

        return QueueWork.Done;
    }

    /// <summary>Gives up the request that has not been started. Those in flight complete as always.</summary>
    public void Stop()
    {
        if (postponed is { } chain)
        {
            postponed = null;
            queue!.Abandon(chain);
        }

        budget.Stop();
    }

    /// <summary>The machine pauses: the request that waits is started as soon as there is room, whatever the limits say.</summary>
    public void Pause()
    {
        budget.GrantsCredit = true;
        FinishPostponed();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        StopWatching();
        target.Dispose();
    }

    // On the loop, so that it does not look into the image's queue while that goes. Thread: any, with no lock held.
    private void StopWatching()
    {
        if (watch is null)
        {
            budget.Dispose();
            return;
        }

        using var stopped = new ManualResetEventSlim();
        void Stop()
        {
            budget.Dispose();
            watch.Dispose();
            stopped.Set();
        }

        if (queue!.Loop.IsCurrent || !queue.Loop.Post(Stop, device))
        {
            Stop();
        }

        stopped.Wait();
    }

    private void FinishPostponed()
    {
        if (postponed is { } chain && Handle(chain))
        {
            postponed = null;
            target.Kick();
        }
    }

    // False when there is no room for it now.
    private bool Handle(DescriptorChain chain)
    {
        SegmentReader reader = chain.Reader;
        Span<byte> header = stackalloc byte[HeaderSize];
        if (reader.Read(header) != HeaderSize || chain.WritableLength < StatusSize)
        {
            queue!.Break("block request without header or status");
            queue.Push(chain, 0);
            return true;
        }

        var type = (BlockRequestType)BinaryPrimitives.ReadUInt32LittleEndian(header);
        ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        switch (type)
        {
            case BlockRequestType.In:
                return Transfer(chain, BlockRequestKind.Read, sector, chain.Writable, 0, chain.WritableLength - StatusSize);
            case BlockRequestType.Out:
                return Transfer(chain, BlockRequestKind.Write, sector, chain.Readable, HeaderSize, reader.Remaining);
            case BlockRequestType.Flush:
                return Flush(chain);
            case BlockRequestType.GetId:
                AnswerSerial(chain);
                return true;
            case BlockRequestType.Discard when device.OffersDiscard:
            case BlockRequestType.WriteZeroes when device.OffersWriteZeroes:
                return ChangeRange(chain, type, ref reader);
            default:
                Answer(chain, BlockStatus.Unsupported, 0);
                return true;
        }
    }

    private bool Transfer(DescriptorChain chain, BlockRequestKind kind, ulong sector, ReadOnlySpan<IoVector> segments, long offset, long length)
    {
        if (!IsWithin(sector, (ulong)length) || (kind == BlockRequestKind.Write && device.IsReadOnly))
        {
            device.CountOddity(kind == BlockRequestKind.Write && device.IsReadOnly ? "write to a read-only disk" : "request beyond the end of the disk");
            Answer(chain, BlockStatus.IoError, 0);
            return true;
        }

        if (length == 0)
        {
            Answer(chain, BlockStatus.Ok, 0);
            return true;
        }

        BlockOperation operation = Take(chain, kind);
        operation.SetTransfer(segments, offset, length);
        unsafe
        {
            return TrySubmit(operation, BlockRequest.Transfer(
                kind, sector << SectorShift, operation.Segments, operation.SegmentCount, (ulong)operation.Index));
        }
    }

    private bool ChangeRange(DescriptorChain chain, BlockRequestType type, ref SegmentReader reader)
    {
        if (!BlockRange.TryRead(ref reader, out BlockRange range))
        {
            device.CountOddity("discard or write-zeroes without exactly one range");
            Answer(chain, BlockStatus.Unsupported, 0);
            return true;
        }

        bool isDiscard = type == BlockRequestType.Discard;
        if (!range.IsSupported(isDiscard))
        {
            Answer(chain, BlockStatus.Unsupported, 0);
            return true;
        }

        ulong most = isDiscard ? image.Limits.MaxDiscardBytes : image.Limits.MaxWriteZeroesBytes;
        if (!IsWithin(range.Sector, range.Length) || range.Length > most || device.IsReadOnly)
        {
            device.CountOddity("discard or write-zeroes beyond its limits");
            Answer(chain, BlockStatus.IoError, 0);
            return true;
        }

        if (range.Length == 0)
        {
            Answer(chain, BlockStatus.Ok, 0);
            return true;
        }

        BlockOperation operation = Take(chain, isDiscard ? BlockRequestKind.Discard : BlockRequestKind.WriteZeroes);
        ulong tag = (ulong)operation.Index;
        ulong offset = range.Sector << SectorShift;
        return TrySubmit(operation, isDiscard
            ? BlockRequest.Discard(offset, range.Length, tag)
            : BlockRequest.WriteZeroes(offset, range.Length, range.MayUnmap, tag));
    }

    private bool Flush(DescriptorChain chain)
    {
        BlockOperation operation = Take(chain, BlockRequestKind.Flush);
        return TrySubmit(operation, BlockRequest.Flush((ulong)operation.Index));
    }

    private BlockOperation Take(DescriptorChain chain, BlockRequestKind kind) => operations.Take(
        chain, kind, flushAfter: kind is BlockRequestKind.Write or BlockRequestKind.WriteZeroes && device.WritesThrough);

    private bool TrySubmit(BlockOperation operation, in BlockRequest request)
    {
        if (budget.TryPay(operation.Kind is BlockRequestKind.Read or BlockRequestKind.Write ? operation.DataLength : 0) && target.Submit(request))
        {
            budget.Spend();
            return true;
        }

        operations.Return(operation);
        return false;
    }

    private bool IsWithin(ulong sector, ulong length)
    {
        ulong capacity = image.Capacity >> SectorShift;
        return (length & ((1UL << SectorShift) - 1)) == 0 && sector <= capacity && length >> SectorShift <= capacity - sector
            && length <= Math.Max(image.Limits.MaxTransferBytes, Math.Max(image.Limits.MaxDiscardBytes, image.Limits.MaxWriteZeroesBytes));
    }
}
