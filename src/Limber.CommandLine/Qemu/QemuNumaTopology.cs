using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Config;
using Limber.Cpu;

namespace Limber.CommandLine.Qemu;

/// <summary>The nodes of <c>-numa</c> as they are built up option by option, by QEMU's rules and in its words.</summary>
/// <param name="topology">All possible processors.</param>
/// <param name="sizesNodesItself">The machine type is one that takes <c>mem=</c> and splits memory when no node says how much.</param>
internal sealed class QemuNumaTopology(CpuTopology topology, bool sizesNodesItself)
{
    // Nodes whose sizes are not given are cut at multiples of 8 MiB.
    private const ulong SplitGranule = 8UL << 20;

    private readonly SortedSet<int> _nodes = [];
    private readonly ulong[] _memory = new ulong[NumaConfig.MaxNodes];
    private readonly int?[] _processorNodes = new int?[topology.Total];
    private readonly Dictionary<(int From, int To), byte> _distances = [];
    private bool _hasSizes;
    private bool _hasBackends;

    /// <summary>What the user should know; complete after <see cref="Complete"/>.</summary>
    public ImmutableArray<string> Warnings { get; private set; } = [];

    public bool HasNode(int node) => _nodes.Contains(node);

    /// <summary>Whether an option has put the processor into a node.</summary>
    public bool IsAssigned(int processor) => _processorNodes[processor] is not null;

    /// <param name="option">The option and its value as typed, for messages.</param>
    /// <param name="id">The node's number; null for the next.</param>
    /// <returns>The node's number.</returns>
    public int AddNode(string option, int? id)
    {
        int node = id ?? _nodes.Count;
        if (node >= NumaConfig.MaxNodes)
        {
            throw new CommandLineException($"{option}: Max number of NUMA nodes reached: {node}");
        }

        return _nodes.Add(node) ? node : throw new CommandLineException($"{option}: Duplicate NUMA nodeid: {node}");
    }

    public void AssignByIndex(string option, int node, (int First, int Last) range)
    {
        for (int i = range.First; i <= range.Last; i++)
        {
            if (i >= _processorNodes.Length)
            {
                throw new CommandLineException($"{option}: CPU index ({i}) should be smaller than maxcpus ({_processorNodes.Length})");
            }

            Assign(option, node, i);
        }
    }

    public void AssignByLocation(string option, int node, QemuProcessorFilter filter)
    {
        RequireNode(option, node);
        RequireLevel(option, "die-id", filter.DieId, topology.Dies);
        RequireLevel(option, "module-id", filter.ModuleId, topology.Modules);
        bool matched = false;
        for (int i = 0; i < _processorNodes.Length; i++)
        {
            if (filter.Matches(topology.Location(i)))
            {
                Assign(option, node, i);
                matched = true;
            }
        }

        if (!matched)
        {
            throw new CommandLineException($"{option}: no match found");
        }
    }

    /// <summary>Refuses a node's way of saying how much memory it has, if it says so at all.</summary>
    public void CheckMemorySource(string option, bool bySize, bool byBackend)
    {
        _hasSizes |= bySize;
        _hasBackends |= byBackend;
        if (_hasSizes && _hasBackends)
        {
            throw new CommandLineException($"{option}: numa configuration should use either mem= or memdev=,mixing both is not allowed");
        }

        if (bySize && !sizesNodesItself)
        {
            throw new CommandLineException(
                $"{option}: Parameter -numa node,mem is not supported by this machine type; use -numa node,memdev instead");
        }
    }

    public void SetMemory(int node, ulong bytes) => _memory[node] = bytes;

    public void SetDistance(string option, int from, int to, int distance)
    {
        if (from >= NumaConfig.MaxNodes || to >= NumaConfig.MaxNodes)
        {
            string key = from >= NumaConfig.MaxNodes ? "src" : "dst";
            throw new CommandLineException($"{option}: Parameter '{key}' expects an integer between 0 and {NumaConfig.MaxNodes - 1}");
        }

        if (!_nodes.Contains(from) || !_nodes.Contains(to))
        {
            throw new CommandLineException(
                $"{option}: Source/Destination NUMA node is missing. Please use '-numa node' option to declare it first.");
        }

        if (distance < NumaConfig.LocalDistance)
        {
            throw new CommandLineException(
                $"{option}: NUMA distance ({distance}) is invalid, it shouldn't be less than {NumaConfig.LocalDistance}.");
        }

        if (from == to && distance != NumaConfig.LocalDistance)
        {
            throw new CommandLineException($"{option}: Local distance of node {from} should be {NumaConfig.LocalDistance}.");
        }

        _distances[(from, to)] = (byte)distance;
    }

    /// <summary>Fills in what was left out and checks the whole.</summary>
    /// <param name="memory">Boot memory in bytes.</param>
    public NumaConfig Complete(ulong memory)
    {
        if (_nodes.Count == 0)
        {
            return NumaConfig.None;
        }

        // From the highest down, as users of scripts that look for the text know it.
        for (int node = _nodes.Max; node >= 0; node--)
        {
            if (!_nodes.Contains(node))
            {
                throw new CommandLineException($"numa: Node ID missing: {node}");
            }
        }

        if (sizesNodesItself && !_hasSizes && !_hasBackends)
        {
            SplitMemory(memory);
        }

        var numa = new NumaConfig
        {
            NodeMemory = [.. _memory.Take(_nodes.Count)],
            ProcessorNodes = CompleteProcessors(),
            Distances = new QemuNumaDistances(_nodes.Count, _distances).Complete(),
        };
        return numa.FindProblem(_processorNodes.Length, memory) is string problem ? throw new CommandLineException(problem) : numa;
    }

    private void Assign(string option, int node, int processor)
    {
        if (_processorNodes[processor] is int other && other != node)
        {
            throw new CommandLineException($"{option}: CPU is already assigned to node-id: {other}");
        }

        _processorNodes[processor] = node;
    }

    private void RequireNode(string option, int node)
    {
        if (!_nodes.Contains(node))
        {
            throw new CommandLineException(
                $"{option}: Invalid node-id={node}, NUMA node must be defined with -numa node,nodeid=ID before it's used with -numa cpu,node-id=ID");
        }
    }

    private static void RequireLevel(string option, string key, int? value, int count)
    {
        if (value is not null && count == 1)
        {
            throw new CommandLineException($"{option}: {key} is not supported");
        }
    }

    private void SplitMemory(ulong memory)
    {
        ulong share = memory / (ulong)_nodes.Count / SplitGranule * SplitGranule;
        Array.Fill(_memory, share, 0, _nodes.Count - 1);
        _memory[_nodes.Count - 1] = memory - (share * (ulong)(_nodes.Count - 1));
    }

    /// <summary>Sockets take turns when no processor was given a node; else those left out are in node 0.</summary>
    private ImmutableArray<int> CompleteProcessors()
    {
        if (_processorNodes.All(node => node is null))
        {
            return [.. Enumerable.Range(0, _processorNodes.Length).Select(i => topology.Location(i).SocketId % _nodes.Count)];
        }

        string[] missing = [.. Enumerable.Range(0, _processorNodes.Length).Where(i => _processorNodes[i] is null).Select(Describe)];
        if (missing.Length > 0)
        {
            Warnings =
            [
                $"warning: CPU(s) not present in any NUMA nodes: {string.Join(", ", missing)}",
                "warning: All CPU(s) up to maxcpus should be described in NUMA config, "
                    + "ability to start up with partial NUMA mappings is obsoleted and will be removed in future",
            ];
        }

        return [.. _processorNodes.Select(node => node ?? 0)];
    }

    private string Describe(int index)
    {
        CpuLocation place = topology.Location(index);
        string die = topology.Dies > 1 ? $", die-id: {place.DieId}" : "";
        string module = topology.Modules > 1 ? $", module-id: {place.ModuleId}" : "";
        return $"CPU {index} [socket-id: {place.SocketId}{die}{module}, core-id: {place.CoreId}, thread-id: {place.ThreadId}]";
    }
}
