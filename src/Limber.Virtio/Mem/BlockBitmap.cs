using System;

namespace Limber.Virtio.Mem;

/// <summary>Which blocks are plugged.</summary>
internal sealed class BlockBitmap(int count)
{
    private readonly ulong[] words = new ulong[(count + 63) / 64];

    public int Count => count;

    public bool this[int block] => ((words[block >> 6] >> (block & 63)) & 1) != 0;

    /// <summary>Whether all of these blocks are plugged, or none is; null for some.</summary>
    public bool? GetCommon(int first, int length)
    {
        bool state = this[first];
        for (int block = first + 1; block < first + length; block++)
        {
            if (this[block] != state)
            {
                return null;
            }
        }

        return state;
    }

    public void Set(int first, int length, bool plugged)
    {
        for (int block = first; block < first + length; block++)
        {
            ulong bit = 1UL << (block & 63);
            words[block >> 6] = plugged ? words[block >> 6] | bit : words[block >> 6] & ~bit;
        }
    }

    /// <summary>The next run of plugged blocks from a block on; false when there is none.</summary>
    public bool TryFindRun(int from, out int first, out int length)
    {
        first = from;
        while (first < count && !this[first])
        {
            first = words[first >> 6] == 0 ? Math.Min((first | 63) + 1, count) : first + 1;
        }

        int end = first;
        while (end < count && this[end])
        {
            end++;
        }

        length = end - first;
        return length != 0;
    }
}
