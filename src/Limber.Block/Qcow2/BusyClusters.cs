using System.Collections.Generic;

namespace Limber.Block.Qcow2;

/// <summary>Guest clusters that are being allocated: their data is on the way and their table entries change next.</summary>
/// <remarks>Thread: under the metadata's gate, on which those who find their clusters here wait. As many as workers at most.</remarks>
internal sealed class BusyClusters
{
    private readonly List<(ulong First, ulong Count)> ranges = new(64);

    public bool Overlaps(ulong first, ulong count)
    {
        foreach ((ulong other, ulong otherCount) in ranges)
        {
            if (first < other + otherCount && other < first + count)
            {
                return true;
            }
        }

        return false;
    }

    public void Add(ulong first, ulong count) => ranges.Add((first, count));

    public void Remove(ulong first, ulong count) => _ = ranges.Remove((first, count));
}
