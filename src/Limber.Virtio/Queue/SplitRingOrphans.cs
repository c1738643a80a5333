using System;
using System.Collections.Generic;
using System.Threading;

namespace Limber.Virtio;

/// <summary>
/// Finds, in a split ring that another served who is gone, the requests that were made available and not used.
/// <code>
///                 quiet                used         announced
///   available  ...  |  a  b  c  d  e     f  g     |            their difference is the number of requests
///   used       ...  |  b  a  d  f  c   |                       here: e and g
/// </code>
/// Used entries come in any order, so a request is not told by its place. But from a position on at which nothing was under way,
/// it is outstanding if it occurs once more in the available ring than in the used one. At all quiet positions the two rings
/// differ in the same way, so the difference that occurs most often among the positions the rings still hold is taken for
/// theirs. That is exact for requests in order, and for a queue that was idle now and then; for one that was never, it is a guess.
/// </summary>
/// <remarks>
/// Guest-controlled: all entries. A driver that lies gets what it asked for in its own memory. No head comes out twice.
/// </remarks>
internal readonly unsafe ref struct SplitRingOrphans
{
    private readonly byte* available;
    private readonly byte* used;
    private readonly int size;

    /// <param name="available">First entry of the available ring.</param>
    /// <param name="used">First entry of the used ring.</param>
    /// <param name="size">Entries, a power of two.</param>
    public SplitRingOrphans(byte* available, byte* used, int size)
    {
        this.available = available;
        this.used = used;
        this.size = size;
    }

    /// <summary>The heads in the order in which they were made available; null when the rings make no sense.</summary>
    /// <param name="usedIndex">The used ring's index.</param>
    /// <param name="announced">The available ring's index.</param>
    public ushort[]? Find(ushort usedIndex, ushort announced)
    {
        int count = unchecked((ushort)(announced - usedIndex));
        if (count > size)
        {
            return null;
        }

        // From the oldest entry that the available ring still holds to the newest; the used ring ends `count` earlier.
        ushort[] made = new ushort[size];
        ushort[] done = new ushort[size - count];
        for (int i = 0; i < size; i++)
        {
            int slot = unchecked(announced - size + i) & (size - 1);
            made[i] = Volatile.Read(ref *(ushort*)(available + (2 * slot)));
            uint id = i < done.Length ? Volatile.Read(ref *(uint*)(used + (8 * slot))) : 0;
            if (made[i] >= size || id >= (uint)size)
            {
                return null;
            }

            if (i < done.Length)
            {
                done[i] = (ushort)id;
            }
        }

        int quiet = FindQuiet(made, done);
        return Collect(made.AsSpan(quiet), done.AsSpan(quiet), count);
    }

    // Index of the latest position with the most frequent difference; differences are told apart by a sum of hashes.
    private static int FindQuiet(ushort[] made, ushort[] done)
    {
        var positions = new Dictionary<ulong, int>();
        ulong difference = 0;
        int best = 0;
        int latest = 0;
        for (int i = 0; ; i++)
        {
            int times = positions.GetValueOrDefault(difference) + 1;
            positions[difference] = times;
            if (times >= best)
            {
                (best, latest) = (times, i);
            }

            if (i == done.Length)
            {
                return latest;
            }

            difference = unchecked(difference + Hash(made[i]) - Hash(done[i]));
        }
    }

    // The finalizer of SplitMix64: a sum of few of these is not by chance that of others.
    private static ulong Hash(ulong head)
    {
        unchecked
        {
            ulong z = (head + 1) * 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    private ushort[]? Collect(ReadOnlySpan<ushort> made, ReadOnlySpan<ushort> done, int count)
    {
        int[] balance = new int[size];
        foreach (ushort head in made)
        {
            balance[head]++;
        }

        foreach (ushort head in done)
        {
            balance[head]--;
        }

        // The newest occurrence of a head is the one that counts.
        ushort[] heads = new ushort[count];
        int at = count;
        for (int i = made.Length - 1; i >= 0; i--)
        {
            if (balance[made[i]] != 1)
            {
                continue;
            }

            if (at == 0)
            {
                return null;
            }

            balance[made[i]] = 0;
            heads[--at] = made[i];
        }

        // All others are balanced, or the position was not a quiet one.
        return at == 0 && Array.TrueForAll(balance, b => b == 0) ? heads : null;
    }
}
