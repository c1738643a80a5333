using System;
using Limber.Interop;

namespace Limber.Virtio;

/// <summary>Lists of segments as a whole.</summary>
public static class SegmentList
{
    /// <summary>Sum of the lengths.</summary>
    public static long TotalLength(ReadOnlySpan<IoVector> segments)
    {
        long total = 0;
        foreach (ref readonly IoVector segment in segments)
        {
            total += (long)segment.Length;
        }

        return total;
    }

    /// <summary>
    /// The part [<paramref name="offset"/>, <paramref name="offset"/> + <paramref name="length"/>) of a list, as a list: for
    /// <c>readv</c> and its like on what is between a header and a trailer.
    /// </summary>
    /// <param name="source">Segments of a chain.</param>
    /// <param name="offset">Bytes to leave out at the start.</param>
    /// <param name="length">Bytes to take; fewer are taken when the list ends before.</param>
    /// <param name="destination">Receives the segments; as many as <paramref name="source"/> always suffice.</param>
    /// <returns>Number of segments written; taking stops when the destination is full.</returns>
    public static int Slice(ReadOnlySpan<IoVector> source, long offset, long length, Span<IoVector> destination)
    {
        int taken = 0;
        foreach (ref readonly IoVector segment in source)
        {
            long available = (long)segment.Length;
            if (offset >= available)
            {
                offset -= available;
                continue;
            }

            if (length == 0 || taken == destination.Length)
            {
                break;
            }

            long part = Math.Min(available - offset, length);
            destination[taken++] = new IoVector(segment.Base + (nint)offset, (nuint)part);
            length -= part;
            offset = 0;
        }

        return taken;
    }
}
