using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.CommandLine.Devices;
using Limber.Config;

namespace Limber.CommandLine.Qemu;

/// <summary>
/// All <c>-numa</c> options of a command line. They are read when the others are known: they name processors and objects that
/// may be given later.
/// </summary>
/// <remarks>
/// <code>
/// -numa node[,nodeid=N][,cpus=FIRST[-LAST]]...[,memdev=ID | ,mem=SIZE]
/// -numa dist,src=N,dst=N,val=N
/// -numa cpu,node-id=N[,socket-id=N][,die-id=N][,module-id=N][,core-id=N][,thread-id=N]
/// </code>
/// </remarks>
internal sealed class QemuNumaOptions
{
    private static readonly string[] ProcessorKeys = ["socket-id", "die-id", "module-id", "core-id", "thread-id"];

    private readonly List<(string Option, string Value)> _options = [];

    /// <summary>What the user should know of nodes that were accepted; complete after <see cref="Resolve"/>.</summary>
    public ImmutableArray<string> Warnings { get; private set; } = [];

    /// <summary><c>-numa</c>.</summary>
    public void Add(string option, string value) => _options.Add((option, value));

    /// <summary>The nodes that the options ask for; none without options.</summary>
    /// <param name="machineType">The machine type as named by the user.</param>
    /// <param name="cpus">All possible processors.</param>
    /// <param name="memory">Boot memory.</param>
    /// <param name="backends">All memory backends; those that nodes have are taken.</param>
    public NumaConfig Resolve(string machineType, CpuConfig cpus, MemoryConfig memory, BootMemoryBackends backends)
    {
        QemuNumaTopology topology = new(cpus.Topology, QemuMachineType.SizesNumaNodesItself(machineType));
        foreach ((string option, string value) in _options)
        {
            List<KeyValuePair<string, string>> pairs = QemuKeyValues.Loose(value, "type");
            string type = pairs.FindLast(pair => pair.Key == "type").Value
                ?? throw new CommandLineException($"{option}: Parameter 'type' is missing");
            pairs.RemoveAll(pair => pair.Key is "type" or "id");
            switch (type)
            {
                case "node":
                    AddNode(topology, option, pairs, backends);
                    break;
                case "dist":
                    AddDistance(topology, option, pairs);
                    break;
                case "cpu":
                    AssignProcessors(topology, option, pairs);
                    break;
                case "hmat-lb" or "hmat-cache":
                    throw CommandLineException.NotBuilt($"{option}: memory attributes (HMAT)");
                default:
                    throw new CommandLineException($"{option}: Parameter 'type' does not accept value '{type}'");
            }
        }

        NumaConfig numa = topology.Complete(memory.Size);
        Warnings = topology.Warnings;

        // Guests want to know the nodes of memory that comes later, so there is one when there is memory to come.
        return numa.IsConfigured || memory.HotplugSize == 0 ? numa : OneNode(cpus, memory);
    }

    private static NumaConfig OneNode(CpuConfig cpus, MemoryConfig memory) => new()
    {
        NodeMemory = [memory.Size],
        ProcessorNodes = [.. new int[cpus.Max]],
    };

    private static void AddNode(
        QemuNumaTopology topology, string option, List<KeyValuePair<string, string>> pairs, BootMemoryBackends backends)
    {
        int? id = null;
        List<(int First, int Last)> processors = [];
        ulong? size = null;
        string? backend = null;
        foreach ((string key, string text) in pairs)
        {
            switch (key)
            {
                case "nodeid":
                    id = QemuNumaNumbers.Number(option, key, text, ushort.MaxValue);
                    break;
                case "cpus":
                    processors.Add(QemuNumaNumbers.Range(option, key, text));
                    break;
                case "mem":
                    // Alone of all sizes in -numa it counts MiB when it has no suffix.
                    size = QemuNumbers.Size(option, key, text, 20);
                    break;
                case "memdev":
                    backend = text;
                    break;
                case "initiator":
                    throw CommandLineException.NotBuilt($"{option}: initiator={text}: memory attributes (HMAT)");
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }

        int node = topology.AddNode(option, id);
        processors.ForEach(range => topology.AssignByIndex(option, node, range));
        topology.CheckMemorySource(option, size is not null, backend is not null);
        if (backend is not null)
        {
            size = backends.Take(option, backend).Size;
        }

        topology.SetMemory(node, size ?? 0);
    }

    private static void AddDistance(QemuNumaTopology topology, string option, List<KeyValuePair<string, string>> pairs)
    {
        int? from = null;
        int? to = null;
        int? distance = null;
        foreach ((string key, string text) in pairs)
        {
            switch (key)
            {
                case "src":
                    from = QemuNumaNumbers.Number(option, key, text, ushort.MaxValue);
                    break;
                case "dst":
                    to = QemuNumaNumbers.Number(option, key, text, ushort.MaxValue);
                    break;
                case "val":
                    distance = QemuNumaNumbers.Number(option, key, text, byte.MaxValue);
                    break;
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }

        topology.SetDistance(
            option, from ?? throw Missing(option, "src"), to ?? throw Missing(option, "dst"), distance ?? throw Missing(option, "val"));
    }

    private static void AssignProcessors(QemuNumaTopology topology, string option, List<KeyValuePair<string, string>> pairs)
    {
        int? node = null;
        int?[] wanted = new int?[ProcessorKeys.Length];
        foreach ((string key, string text) in pairs)
        {
            int level = Array.IndexOf(ProcessorKeys, key);
            if (level >= 0)
            {
                wanted[level] = QemuNumaNumbers.Number(option, key, text, int.MaxValue);
            }
            else if (key == "node-id")
            {
                node = QemuNumaNumbers.Number(option, key, text, int.MaxValue);
            }
            else if (key is "drawer-id" or "book-id" or "cluster-id")
            {
                throw new CommandLineException($"{option}: {key} is not supported");
            }
            else
            {
                throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }

        topology.AssignByLocation(
            option,
            node ?? throw new CommandLineException($"{option}: Missing mandatory node-id property"),
            new QemuProcessorFilter(wanted[0], wanted[1], wanted[2], wanted[3], wanted[4]));
    }

    private static CommandLineException Missing(string option, string key) => new($"{option}: Parameter '{key}' is missing");
}
