using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Limber.Block;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioBlock;

/// <summary>One request of the guest on its way through the host. Kept with its chain in the pool and used again.</summary>
internal sealed unsafe class BlockOperation
{
    private IoVector[] segments = GC.AllocateUninitializedArray<IoVector>(8, pinned: true);

    /// <summary>Number in its queue's table, which is the tag of the host's request.</summary>
    public required int Index { get; init; }

    public DescriptorChain? Chain { get; set; }

    public BlockRequestKind Kind { get; set; }

    /// <summary>The write has to be on the disk before the guest hears of it.</summary>
    public bool FlushAfter { get; set; }

    /// <summary>Bytes that a read writes into the guest's memory, without the status.</summary>
    public long DataLength { get; private set; }

    /// <summary>Number of segments of the transfer.</summary>
    public int SegmentCount { get; private set; }

    /// <summary>The segments of the transfer; they do not move until the operation is used again.</summary>
    public BlockSegment* Segments =>
        (BlockSegment*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(segments));

    /// <summary>Takes a part of a chain's segments as those of the transfer.</summary>
    public void SetTransfer(ReadOnlySpan<IoVector> source, long offset, long length)
    {
        if (segments.Length < source.Length)
        {
            segments = GC.AllocateUninitializedArray<IoVector>(source.Length, pinned: true);
        }

        DataLength = length;
        SegmentCount = SegmentList.Slice(source, offset, length, segments);
    }
}
