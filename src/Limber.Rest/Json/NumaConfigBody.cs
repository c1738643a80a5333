using System.Linq;
using Limber.Config;

namespace Limber.Rest.Json;

/// <summary>Spec: <c>NumaConfig</c>. Memory is not in it: it has names of memory zones there, and no sizes.</summary>
/// <param name="GuestNumaId">The node.</param>
/// <param name="Cpus">Its possible processors.</param>
/// <param name="Distances">To all other nodes; null when no distances were given.</param>
internal sealed record NumaConfigBody(int GuestNumaId, int[] Cpus, NumaDistanceBody[]? Distances)
{
    /// <summary>One element a node; null without NUMA.</summary>
    public static NumaConfigBody[]? Of(NumaConfig numa) =>
        numa.IsConfigured ? [.. Enumerable.Range(0, numa.Count).Select(node => Of(numa, node))] : null;

    private static NumaConfigBody Of(NumaConfig numa, int node) => new(
        node,
        [.. Enumerable.Range(0, numa.ProcessorNodes.Length).Where(processor => numa.NodeOf(processor) == node)],
        numa.Distances.IsEmpty
            ? null
            :
            [
                .. Enumerable.Range(0, numa.Count)
                    .Where(other => other != node)
                    .Select(other => new NumaDistanceBody(other, numa.Distances[(node * numa.Count) + other])),
            ]);
}

/// <summary>Spec: <c>NumaDistance</c>.</summary>
internal sealed record NumaDistanceBody(int Destination, int Distance);
