using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary>
/// <c>--numa guest_numa_id=N,cpus=[N,N-N],distances=[N@D],memory_zones=[ID]</c>, one value a node. Nodes are numbered from 0
/// without gaps: the table of distances has no other form.
/// </summary>
/// <remarks>
/// Without memory zones of the user's all boot memory is the zone <c>mem0</c>. A zone that no node names is in node 0: without memory in
/// any node a Linux guest ignores the nodes. Processors in no list are in node 0 too.
/// </remarks>
internal static class NumaOption
{
    private const string DefaultZone = "mem0";

    private static readonly string[] Keys = ["guest_numa_id", "cpus", "distances", "memory_zones", "pci_segments", "device_id"];

    /// <param name="values">The option's values in order.</param>
    /// <param name="cpus">All possible processors.</param>
    /// <param name="memory">Boot memory.</param>
    /// <returns>The nodes, and the node of each zone that one of them names.</returns>
    public static (NumaConfig Numa, IReadOnlyDictionary<string, int> ZoneNodes) Resolve(IReadOnlyList<string> values, CpuConfig cpus, MemoryConfig memory)
    {
        if (values.Count == 0)
        {
            return (NumaConfig.None, new Dictionary<string, int>());
        }

        SortedDictionary<int, (string Option, OptionParser Parser)> nodes = ReadNodes(values);
        ulong[] sizes = new ulong[nodes.Count];
        Dictionary<string, int> zoneNodes = FindZones(nodes, memory.Zones.IsEmpty ? [DefaultZone] : [.. memory.Zones.Select(z => z.Id)]);
        if (memory.Zones.IsEmpty)
        {
            sizes[zoneNodes.GetValueOrDefault(DefaultZone)] = memory.Size;
        }

        foreach (MemoryZoneConfig zone in memory.Zones)
        {
            sizes[zoneNodes.GetValueOrDefault(zone.Id)] += zone.Size;
        }

        var numa = new NumaConfig
        {
            NodeMemory = [.. sizes],
            ProcessorNodes = [.. ReadProcessors(nodes, cpus.Max)],
            Distances = [.. ReadDistances(nodes)],
        };
        return (numa, zoneNodes);
    }

    private static SortedDictionary<int, (string Option, OptionParser Parser)> ReadNodes(IReadOnlyList<string> values)
    {
        SortedDictionary<int, (string Option, OptionParser Parser)> nodes = [];
        foreach (string value in values)
        {
            string option = $"--numa {value}";
            OptionParser parser = new(option, value, Keys, []);
            foreach (string key in (string[])["pci_segments", "device_id"])
            {
                if (parser.Text(key) is string text)
                {
                    throw CommandLineException.NotBuilt($"{option}: {key}={text}");
                }
            }

            string id = parser.Text("guest_numa_id") ?? throw new CommandLineException($"{option}: guest_numa_id is missing");
            if (!nodes.TryAdd(Number(option, "guest_numa_id", id, NumaConfig.MaxNodes - 1), (option, parser)))
            {
                throw new CommandLineException($"{option}: guest_numa_id={id} is given twice");
            }
        }

        for (int node = 0; node < nodes.Count; node++)
        {
            if (!nodes.ContainsKey(node))
            {
                throw new CommandLineException($"--numa: guest_numa_id={node} is missing; nodes are numbered from 0 without gaps");
            }
        }

        return nodes;
    }

    private static Dictionary<string, int> FindZones(SortedDictionary<int, (string Option, OptionParser Parser)> nodes, string[] zones)
    {
        Dictionary<string, int> owners = [];
        foreach ((int node, (string option, OptionParser parser)) in nodes)
        {
            foreach (string zone in Items(parser.Text("memory_zones")))
            {
                if (!zones.Contains(zone))
                {
                    throw new CommandLineException($"{option}: there is no memory zone '{zone}'; there is {string.Join(", ", zones)}");
                }

                if (!owners.TryAdd(zone, node))
                {
                    throw new CommandLineException($"{option}: memory zone '{zone}' is in two nodes, {owners[zone]} and {node}");
                }
            }
        }

        return owners;
    }

    private static int[] ReadProcessors(SortedDictionary<int, (string Option, OptionParser Parser)> nodes, int processors)
    {
        int?[] assigned = new int?[processors];
        foreach ((int node, (string option, OptionParser parser)) in nodes)
        {
            foreach (string item in Items(parser.Text("cpus")))
            {
                string[] sides = item.Split('-', 2);
                int first = Number(option, "cpus", sides[0], processors - 1);
                int last = Number(option, "cpus", sides[^1], processors - 1);
                if (first > last)
                {
                    throw new CommandLineException($"{option}: cpus={item} ends before it begins");
                }

                for (int i = first; i <= last; i++)
                {
                    assigned[i] = assigned[i] is int other && other != node
                        ? throw new CommandLineException($"{option}: vCPU {i} is in two nodes, {other} and {node}")
                        : node;
                }
            }
        }

        return [.. assigned.Select(node => node ?? 0)];
    }

    private static byte[] ReadDistances(SortedDictionary<int, (string Option, OptionParser Parser)> nodes)
    {
        byte[] distances = new byte[nodes.Count * nodes.Count];
        for (int i = 0; i < distances.Length; i++)
        {
            distances[i] = i / nodes.Count == i % nodes.Count ? NumaConfig.LocalDistance : NumaConfig.DefaultDistance;
        }

        foreach ((int node, (string option, OptionParser parser)) in nodes)
        {
            HashSet<int> seen = [];
            foreach (string item in Items(parser.Text("distances")))
            {
                string[] sides = item.Split('@', 2);
                int to = Number(option, "distances", sides[0], nodes.Count - 1);
                int distance = Number(option, "distances", sides.Length == 2 ? sides[1] : "", byte.MaxValue);
                if (!seen.Add(to))
                {
                    throw new CommandLineException($"{option}: the distance to node {to} is given twice");
                }

                distances[(node * nodes.Count) + to] = (byte)distance;
            }
        }

        return distances;
    }

    private static string[] Items(string? list)
    {
        if (list is null)
        {
            return [];
        }

        bool bracketed = list.StartsWith('[') && list.EndsWith(']');
        string inner = bracketed ? list[1..^1] : list;
        return inner.Length == 0 ? [] : inner.Split(',', StringSplitOptions.TrimEntries);
    }

    private static int Number(string option, string key, string text, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= max
            ? number
            : throw new CommandLineException($"{option}: {key}: '{text}' is not a number from 0 to {max}");
}
