using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.CommandLine.Devices;
using Limber.CommandLine.Qemu;
using Limber.Config;

namespace Limber.CommandLine.StratoVirt;

/// <summary>
/// <c>-numa node,[nodeid=N,]cpus=FIRST[-LAST][:...],memdev=ID</c> and <c>-numa dist,src=N,dst=N,val=N</c>, with memory from
/// <c>-object memory-backend-ram</c> or <c>memory-backend-memfd</c>: at most 8 nodes, which have all processors present at
/// boot; others that no node names are in node 0. The other rules are QEMU's.
/// </summary>
internal static class StratoVirtNumaOptions
{
    private const int MaxNodes = 8;

    /// <param name="options">The command line.</param>
    /// <param name="cpus">All possible processors.</param>
    /// <param name="memorySize">Boot memory in bytes.</param>
    /// <param name="backends">All memory backends; those that nodes have are taken.</param>
    public static NumaConfig Resolve(StratoVirtOptions options, CpuConfig cpus, ulong memorySize, BootMemoryBackends backends)
    {
        QemuNumaTopology topology = new(cpus.Topology, sizesNodesItself: false);
        HashSet<(int From, int To)> distances = [];
        int nodes = 0;
        foreach (string value in options.Values("numa"))
        {
            string option = $"-numa {value}";
            List<(string Key, string? Value)> items = StratoVirtKeyValues.Split(option, value, "type");
            switch (items[0])
            {
                case ("type", "node") when ++nodes > MaxNodes:
                    throw new CommandLineException($"{option}: there can be at most {MaxNodes} NUMA nodes");
                case ("type", "node"):
                    AddNode(topology, option, items, backends);
                    break;
                case ("type", "dist"):
                    distances.Add(AddDistance(topology, option, items));
                    break;
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{items[0].Value ?? items[0].Key}'");
            }
        }

        CompleteDistances(topology, distances, nodes);
        for (int i = 0; nodes > 0 && i < cpus.Boot; i++)
        {
            if (!topology.IsAssigned(i))
            {
                throw new CommandLineException($"-numa: processor {i} of {cpus.Boot} is in no node");
            }
        }

        return topology.Complete(memorySize);
    }

    private static void AddNode(
        QemuNumaTopology topology, string option, List<(string Key, string? Value)> items, BootMemoryBackends backends)
    {
        int? id = null;
        string? processors = null;
        string? backend = null;
        foreach ((string key, string? text) in items[1..])
        {
            switch (key)
            {
                case "nodeid":
                    id = Number(option, key, text, MaxNodes - 1);
                    break;
                case "cpus":
                    processors = text;
                    break;
                case "memdev":
                    backend = text;
                    break;
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }

        if (processors is null || backend is null)
        {
            throw new CommandLineException($"{option}: '{(processors is null ? "cpus" : "memdev")}' is missing");
        }

        int node = topology.AddNode(option, id);
        foreach (string range in processors.Split(':'))
        {
            topology.AssignByIndex(option, node, QemuNumaNumbers.Range(option, "cpus", range));
        }

        topology.SetMemory(node, backends.Take(option, backend).Size);
    }

    private static (int From, int To) AddDistance(QemuNumaTopology topology, string option, List<(string Key, string? Value)> items)
    {
        int?[] numbers = new int?[3];
        string[] keys = ["src", "dst", "val"];
        foreach ((string key, string? text) in items[1..])
        {
            int index = Array.IndexOf(keys, key);
            if (index < 0)
            {
                throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }

            numbers[index] = Number(option, key, text, index == 2 ? byte.MaxValue : MaxNodes - 1);
        }

        int missing = Array.IndexOf(numbers, null);
        if (missing >= 0)
        {
            throw new CommandLineException($"{option}: '{keys[missing]}' is missing");
        }

        topology.SetDistance(option, numbers[0]!.Value, numbers[1]!.Value, numbers[2]!.Value);
        return (numbers[0]!.Value, numbers[1]!.Value);
    }

    private static void CompleteDistances(QemuNumaTopology topology, HashSet<(int From, int To)> given, int nodes)
    {
        for (int pair = 0; given.Count > 0 && pair < nodes * nodes; pair++)
        {
            (int from, int to) = Math.DivRem(pair, nodes);
            if (from != to && !given.Contains((from, to)) && topology.HasNode(from) && topology.HasNode(to))
            {
                topology.SetDistance("-numa dist", from, to, NumaConfig.DefaultDistance);
            }
        }
    }

    private static int Number(string option, string key, string? text, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= max
            ? number
            : throw new CommandLineException($"{option}: '{key}' must be a number from 0 to {max}, not '{text}'");
}
