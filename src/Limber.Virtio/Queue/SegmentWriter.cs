using System;
using Limber.Interop;

namespace Limber.Virtio;

/// <summary>Copies into segments of guest memory, in order, however they are cut.</summary>
public unsafe ref struct SegmentWriter
{
    private readonly ReadOnlySpan<IoVector> segments;
    private int index;
    private nuint offset;

    /// <param name="segments">Of a <see cref="DescriptorChain"/> that is owned.</param>
    public SegmentWriter(ReadOnlySpan<IoVector> segments)
    {
        this.segments = segments;
        Remaining = SegmentList.TotalLength(segments);
    }

    /// <summary>Bytes of room left.</summary>
    public long Remaining { get; private set; }

    /// <summary>Bytes written or passed over so far.</summary>
    public long Position { get; private set; }

    /// <summary>Writes as much of the source as there is room for; returns the number of bytes.</summary>
    public int Write(scoped ReadOnlySpan<byte> source)
    {
        int done = 0;
        while (done < source.Length && Remaining != 0)
        {
            Span<byte> piece = Next(source.Length - done);
            source.Slice(done, piece.Length).CopyTo(piece);
            done += piece.Length;
        }

        return done;
    }

    /// <summary>Writes a value as it lies in memory (little-endian); false, with nothing written, when there is too little room.</summary>
    public bool TryWrite<T>(in T value)
        where T : unmanaged
    {
        if (Remaining < sizeof(T))
        {
            return false;
        }

        fixed (T* source = &value)
        {
            _ = Write(new ReadOnlySpan<byte>(source, sizeof(T)));
        }

        return true;
    }

    /// <summary>Writes zeros; returns how many there was room for.</summary>
    public long Fill(long bytes)
    {
        long done = 0;
        while (done < bytes && Remaining != 0)
        {
            Span<byte> piece = Next((int)Math.Min(bytes - done, int.MaxValue));
            piece.Clear();
            done += piece.Length;
        }

        return done;
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
    /// The next contiguous room, at least one byte and at most <paramref name="maximum"/>, to be filled by the caller; empty at
    /// the end. It is shared with the guest.
    /// </summary>
    public Span<byte> Next(int maximum)
    {
        if (Remaining == 0 || maximum <= 0)
        {
            return default;
        }

        // Invariant: index is at a segment with room left, because Remaining is not zero and no segment is empty.
        ref readonly IoVector segment = ref segments[index];
        int length = (int)Math.Min(segment.Length - offset, (nuint)maximum);

        // SAFETY: the chain translated the segment; its memory stays mapped while the chain is owned.
        var piece = new Span<byte>((byte*)segment.Base + offset, length);
        offset += (nuint)length;
        Remaining -= length;
        Position += length;
        if (offset == segment.Length)
        {
            index++;
            offset = 0;
        }

        return piece;
    }
}
