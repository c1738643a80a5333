using System;
using System.Threading;
using Limber.Interop;

namespace Limber.Chardev.Serial;

/// <summary>A bounded queue of bytes, for producers that never wait and one consumer.</summary>
/// <remarks>
/// <code>
///              head                     tail
///   ------------|#########################|------------   64 KiB, positions counted from the start and never wrapped
///               consumer moves it         producers move it
/// </code>
/// The pages are not the garbage collector's, and the host backs none of them before a byte is queued.
/// They are unmapped when nobody holds the ring any more: a producer can't be told apart from one that is about to call.
/// Thread: <see cref="Add"/> any; <see cref="Peek"/> and <see cref="Remove"/> the consumer's.
/// Lock order: <see cref="producers"/> is a leaf.
/// </remarks>
internal sealed unsafe class OutputRing
{
    public const int Capacity = 64 * 1024;

    // A serial port has one producer at a time, so this is free; it keeps other users honest.
    private readonly Lock producers = new();
    private readonly HostMapping pages = HostMapping.AllocatePrivate(Capacity, "character device output");
    private long head;
    private long tail;

    /// <summary>Bytes queued; other threads may change it at any time.</summary>
    public int Count => (int)(Volatile.Read(ref tail) - Volatile.Read(ref head));

    /// <summary>Takes as many bytes as fit and returns their number. Allocates nothing.</summary>
    public int Add(ReadOnlySpan<byte> data)
    {
        lock (producers)
        {
            int room = Capacity - (int)(tail - Volatile.Read(ref head));
            int length = Math.Min(data.Length, room);
            int start = (int)(tail % Capacity);
            int first = Math.Min(length, Capacity - start);
            data[..first].CopyTo(Bytes(start, first));
            data[first..length].CopyTo(Bytes(0, length - first));

            // Release: the consumer that sees the new tail sees the bytes.
            Volatile.Write(ref tail, tail + length);
            return length;
        }
    }

    /// <summary>The oldest bytes that lie in one piece; empty when nothing is queued. Valid until they are removed.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        int start = (int)(head % Capacity);
        return Bytes(start, Math.Min(Count, Capacity - start));
    }

    /// <summary>Frees the oldest bytes, at most what is queued.</summary>
    // Release: a producer that sees the new head overwrites only what the consumer has finished with.
    public void Remove(int count) => Volatile.Write(ref head, head + count);

    // SAFETY: start and length are within the mapping by construction: start < Capacity, start + length <= Capacity.
    private Span<byte> Bytes(int start, int length) => new((byte*)pages.Address + start, length);
}
