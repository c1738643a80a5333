using System.Collections.Generic;
using System.Collections.Immutable;
using Limber.Config;

namespace Limber.CommandLine.Qemu;

/// <summary>
/// The distances of <c>-numa dist</c> made into a whole matrix. One direction is enough for a pair; if the directions of any
/// pair differ, both are needed for all.
/// </summary>
/// <param name="nodes">Number of nodes.</param>
/// <param name="given">Distances as given.</param>
internal sealed class QemuNumaDistances(int nodes, IReadOnlyDictionary<(int From, int To), byte> given)
{
    /// <summary>Row by row; empty when no distance was given.</summary>
    public ImmutableArray<byte> Complete()
    {
        if (given.Count == 0)
        {
            return [];
        }

        RequireAllPairs();
        var distances = ImmutableArray.CreateBuilder<byte>(nodes * nodes);
        for (int from = 0; from < nodes; from++)
        {
            for (int to = 0; to < nodes; to++)
            {
                distances.Add(from == to ? NumaConfig.LocalDistance : Find(from, to) ?? Find(to, from)!.Value);
            }
        }

        return distances.MoveToImmutable();
    }

    private void RequireAllPairs()
    {
        bool asymmetric = false;
        bool oneWay = false;
        for (int from = 0; from < nodes; from++)
        {
            for (int to = from + 1; to < nodes; to++)
            {
                switch (Find(from, to), Find(to, from))
                {
                    case (null, null):
                        throw new CommandLineException(
                            $"The distance between node {from} and {to} is missing, "
                            + "at least one distance value between each nodes should be provided.");
                    case (byte there, byte back):
                        asymmetric |= there != back;
                        break;
                    default:
                        oneWay = true;
                        break;
                }
            }
        }

        if (asymmetric && oneWay)
        {
            throw new CommandLineException(
                "At least one asymmetrical pair of distances is given, please provide distances for both directions of all node pairs.");
        }
    }

    private byte? Find(int from, int to) => given.TryGetValue((from, to), out byte distance) ? distance : null;
}
