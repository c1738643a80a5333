using System;
using System.Runtime.CompilerServices;
using Limber.Interop;

namespace Limber.Virtio;

/// <summary>Copies out of segments of guest memory, in order, however they are cut.</summary>
public unsafe ref struct SegmentReader
{
    private readonly ReadOnlySpan<IoVector> segments;
    private int index;
    private nuint offset;

    /// <param name="segments">Of a <see cref="DescriptorChain"/> that is owned.</param>
    public SegmentReader(ReadOnlySpan<IoVector> segments)
    {
        this.segments = segments;
        Remaining = SegmentList.TotalLength(segments);
    }

    /// <summary>Bytes not read yet.</summary>
    public long Remaining { get; private set; }

    /// <summary>Fills as much of the destination as there is; returns the number of bytes.</summary>
    public int Read(scoped Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length && Remaining != 0)
        {
            ReadOnlySpan<byte> piece = Next(destination.Length - done);
            piece.CopyTo(destination[done..]);
            done += piece.Length;
        }

        return done;
    }

    /// <summary>Reads a value as it lies in memory (little-endian); false, with nothing read, when too few bytes are left.</summary>
    public bool TryRead<T>(out T value)
        where T : unmanaged
    {
        value = default;
        if (Remaining < sizeof(T))
        {
            return false;
        }

        fixed (T* target = &value)
        {
            _ = Read(new Span<byte>(target, sizeof(T)));
        }

        return true;
    }

    /// <summary>Passes over bytes; returns how many there were.</summary>
    public long Skip(long bytes)
    {
        long done = 0;
        while (done < bytes && Remaining != 0)
        {
            done += Next((int)Math.Min(bytes - done, int.MaxValue)).Length;
        }

        return done;
    }

    /// <summary>
    /// The next contiguous bytes, at least one and at most <paramref name="maximum"/>, without copying them; empty at the end.
    /// They are shared with the guest.
    /// </summary>
    public ReadOnlySpan<byte> Next(int maximum)
    {
        if (Remaining == 0 || maximum <= 0)
        {
            return default;
        }

        // Invariant: index is at a segment with bytes left, because Remaining is not zero and no segment is empty.
        ref readonly IoVector segment = ref segments[index];
        int length = (int)Math.Min(segment.Length - offset, (nuint)maximum);

        // SAFETY: the chain translated the segment; its memory stays mapped while the chain is owned.
        var piece = new ReadOnlySpan<byte>((byte*)segment.Base + offset, length);
        offset += (nuint)length;
        Remaining -= length;
        if (offset == segment.Length)
        {
            index++;
            offset = 0;
        }

        return piece;
    }
}
