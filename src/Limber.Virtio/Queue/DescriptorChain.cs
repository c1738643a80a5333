using System;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Virtio;

/// <summary>
/// One request of the driver: pieces of guest memory the device reads, then pieces it writes.
/// <code>
///   TryPop          Push or Abandon
///  ------->  owned  ----------------> back in the queue's pool; must not be touched any more
///            by the device
/// </code>
/// </summary>
/// <remarks>
/// Pooled by its <see cref="Virtqueue"/>. The pieces are shared with the running guest: read a value once, then use the copy.
/// They are valid until the chain is pushed; see <see cref="VirtioDevice"/> for what a pause means for them.
/// Thread: the device's, one at a time; the segments may be handed to the kernel or to another thread meanwhile.
/// </remarks>
public sealed unsafe class DescriptorChain
{
    /// <summary>Most segments of a chain: what one <c>readv</c> takes (IOV_MAX). Chains that need more are refused.</summary>
    public const int MaximumSegments = 1024;

    // One descriptor of 4 GiB - 1 becomes several segments, so that lengths fit an int.
    private const uint LargestSegment = 1u << 30;
    private const int FirstCapacity = 8;
    private IoVector[] segments = GC.AllocateUninitializedArray<IoVector>(FirstCapacity, pinned: true);
    private int readable;
    private int count;

    internal DescriptorChain(Virtqueue queue) => Queue = queue;

    /// <summary>What the device reads, in order.</summary>
    public ReadOnlySpan<IoVector> Readable => segments.AsSpan(0, readable);

    /// <summary>What the device writes, in order.</summary>
    public ReadOnlySpan<IoVector> Writable => segments.AsSpan(readable, count - readable);

    /// <summary>Bytes of all readable segments.</summary>
    public long ReadableLength { get; private set; }

    /// <summary>Bytes of all writable segments.</summary>
    public long WritableLength { get; private set; }

    /// <summary>Reads the readable segments from their start.</summary>
    public SegmentReader Reader => new(Readable);

    /// <summary>Writes the writable segments from their start.</summary>
    public SegmentWriter Writer => new(Writable);

    /// <summary>The device's own record of this request; kept when the chain goes back, so it can be used again.</summary>
    public object? State { get; set; }

    /// <summary>Whose pool it belongs to.</summary>
    internal Virtqueue Queue { get; }

    /// <summary>What the driver knows the buffer by: head index of a split ring, buffer id of a packed one.</summary>
    internal ushort Id { get; set; }

    /// <summary>Ring entries it takes: 1 in a split ring's available ring, the number of descriptors in a packed ring.</summary>
    internal int Entries { get; set; }

    /// <summary>True between TryPop and Push.</summary>
    internal bool IsOwned { get; set; }

    /// <summary>True after Virtqueue.Hold.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>Number of descriptors seen so far, indirect ones included.</summary>
    internal int Descriptors { get; private set; }

    /// <summary>The segments of <see cref="Readable"/> for a system call; they do not move. Valid as long as the chain is owned.</summary>
    public IoVector* GetReadablePointer() => (IoVector*)System.Runtime.CompilerServices.Unsafe.AsPointer(
        ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(segments));

    /// <summary>The segments of <see cref="Writable"/> for a system call; they do not move. Valid as long as the chain is owned.</summary>
    public IoVector* GetWritablePointer() => GetReadablePointer() + readable;

    internal void Clear()
    {
        readable = 0;
        count = 0;
        ReadableLength = 0;
        WritableLength = 0;
        Descriptors = 0;
        Entries = 1;
    }

    /// <summary>Adds one descriptor's memory.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    internal string? Append(GuestMemory memory, ulong address, uint length, bool writable)
    {
        Descriptors++;
        if (length == 0)
        {
            return "descriptor of length zero";
        }

        if (!writable && count != readable)
        {
            return "device-readable descriptor after a device-writable one";
        }

        if (length > ulong.MaxValue - address)
        {
            return "descriptor beyond the end of the address space";
        }

        // Spec: VIRTIO 1.2 2.7.5: a chain has at most 2^32 bytes in total.
        if (ReadableLength + WritableLength + length > 1L << 32)
        {
            return "descriptor chain of more than 4 GiB";
        }

        uint left = length;
        while (left != 0)
        {
            if (!memory.TryTranslate(new GuestAddress(address), out nint host, out ulong contiguous))
            {
                return "descriptor outside of RAM";
            }

            if (count == MaximumSegments)
            {
                return "descriptor chain of more than 1024 segments";
            }

            uint part = (uint)Math.Min(Math.Min(contiguous, left), LargestSegment);
            Add(host, part);
            address = unchecked(address + part);
            left -= part;
        }

        if (writable)
        {
            WritableLength += length;
        }
        else
        {
            ReadableLength += length;
            readable = count;
        }

        return null;
    }

    private void Add(nint host, uint length)
    {
        if (count == segments.Length)
        {
            // Happens a few times in the life of a pooled chain: capacity is never given back.
            IoVector[] larger = GC.AllocateUninitializedArray<IoVector>(count * 2, pinned: true);
            segments.AsSpan(0, count).CopyTo(larger);
            segments = larger;
        }

        segments[count++] = new IoVector(host, length);
    }
}
