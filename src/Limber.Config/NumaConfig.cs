using System;
using System.Collections.Immutable;

namespace Limber.Config;

/// <summary>
/// NUMA nodes of a machine, numbered from 0 without gaps: which boot memory and which processors each of them has, and how far
/// they are from each other. Empty for a machine without NUMA, whose guest then sees no affinity tables at all.
/// </summary>
public sealed record NumaConfig
{
    /// <summary>Most nodes of any dialect (QEMU's limit).</summary>
    public const int MaxNodes = 128;

    /// <summary>Distance of a node to itself; the others are relative to it (ACPI 6.5, 5.2.17).</summary>
    public const byte LocalDistance = 10;

    /// <summary>Distance between two nodes when the user gave others but not this one.</summary>
    public const byte DefaultDistance = 20;

    /// <summary>No nodes.</summary>
    public static NumaConfig None { get; } = new();

    /// <summary>
    /// Bytes of boot memory of each node, multiples of 4096. The memory of node 0 comes first in the guest's address space, then that of node 1,
    /// and so on; a node may have none.
    /// </summary>
    public ImmutableArray<ulong> NodeMemory { get; init; } = [];

    /// <summary>The node of each possible processor, by index.</summary>
    public ImmutableArray<int> ProcessorNodes { get; init; } = [];

    /// <summary>Distances row by row: that from node <c>a</c> to node <c>b</c> is at <c>a * Count + b</c>. Empty: none were given.</summary>
    public ImmutableArray<byte> Distances { get; init; } = [];

    /// <summary>Number of nodes; 0 without NUMA.</summary>
    public int Count => NodeMemory.Length;

    /// <summary>Whether there are nodes.</summary>
    public bool IsConfigured => Count > 0;

    /// <summary>The node of a possible processor; null without NUMA.</summary>
    public int? NodeOf(int processor) => IsConfigured ? ProcessorNodes[processor] : null;

    /// <summary>Finds what keeps the nodes from describing a machine.</summary>
    /// <param name="processors">Number of possible processors.</param>
    /// <param name="memory">Boot memory in bytes.</param>
    /// <returns>One line that names the thing, the value and the limit; or null.</returns>
    public string? FindProblem(int processors, ulong memory)
    {
        if (!IsConfigured)
        {
            return null;
        }

        UInt128 total = 0;
        foreach (ulong bytes in NodeMemory)
        {
            total += bytes;
        }

        return Count > MaxNodes ? $"{Count} NUMA nodes are more than {MaxNodes}"
            : total != memory ? $"total memory for NUMA nodes (0x{total:x}) should equal RAM size (0x{memory:x})"
            : ProcessorNodes.Length != processors ? $"NUMA nodes are given for {ProcessorNodes.Length} processors of {processors}"
            : FindMemoryProblem() ?? FindProcessorProblem() ?? FindDistanceProblem();
    }

    private string? FindMemoryProblem()
    {
        const ulong PageSize = 4096;
        for (int node = 0; node < Count; node++)
        {
            if (NodeMemory[node] % PageSize != 0)
            {
                return $"memory of NUMA node {node} (0x{NodeMemory[node]:x}) is not a multiple of {PageSize} bytes";
            }
        }

        return null;
    }

    private string? FindProcessorProblem()
    {
        for (int i = 0; i < ProcessorNodes.Length; i++)
        {
            if (ProcessorNodes[i] < 0 || ProcessorNodes[i] >= Count)
            {
                return $"processor {i} is in NUMA node {ProcessorNodes[i]}, and the nodes are 0 to {Count - 1}";
            }
        }

        return null;
    }

    // Guests ignore a whole table of distances that breaks one of these rules, so it must not get that far.
    private string? FindDistanceProblem()
    {
        if (!Distances.IsEmpty && Distances.Length != Count * Count)
        {
            return $"{Distances.Length} NUMA distances are given; {Count} nodes need {Count * Count}";
        }

        for (int i = 0; i < Distances.Length; i++)
        {
            (int from, int to) = Math.DivRem(i, Count);
            if (from == to && Distances[i] != LocalDistance)
            {
                return $"Local distance of node {from} should be {LocalDistance}.";
            }

            if (from != to && Distances[i] <= LocalDistance)
            {
                return $"NUMA distance ({Distances[i]}) from node {from} to node {to} is invalid, it should be more than {LocalDistance}.";
            }
        }

        return null;
    }
}
