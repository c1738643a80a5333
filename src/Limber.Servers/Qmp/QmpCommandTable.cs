using System;
using System.Collections.Generic;
using Limber.Servers.Qmp.Commands;

namespace Limber.Servers.Qmp;

/// <summary>All commands by name. Immutable.</summary>
public sealed class QmpCommandTable
{
    /// <summary>The command that ends negotiation.</summary>
    internal const string Negotiation = "qmp_capabilities";

    private readonly SortedDictionary<string, IQmpCommand> byName = new(StringComparer.Ordinal);

    public QmpCommandTable(params ReadOnlySpan<IEnumerable<IQmpCommand>> groups)
    {
        foreach (IEnumerable<IQmpCommand> group in groups)
        {
            foreach (IQmpCommand command in group)
            {
                byName.Add(command.Name, command);
            }
        }
    }

    public static QmpCommandTable Default { get; } = new(
        [
            new CapabilitiesCommand(),
            new DeviceAddCommand(),
            new DeviceDelCommand(),
            new CpuAddCommand(),
            new HumanMonitorCommand(),
            new WaitOperationCommand(),
            new CancelOperationCommand(),
            new SubscribeOperationsCommand(),
            new ResizeCommand(),
            new SetNumaNodeCommand(),
        ],
        IdentityQueries.All,
        CpuQueries.All,
        CpuModelQueries.All,
        BackendCommands.All,
        ConnectionCommands.All,
        DescriptorCommands.All,
        BlockCommands.All,
        BlockQueries.All,
        PciQueries.All,
        MemoryQueries.All,
        ObjectQueries.All,
        CommandLineQueries.All,
        RunStateCommands.All);

    /// <summary>All commands by name in ordinal order.</summary>
    public IEnumerable<IQmpCommand> All => byName.Values;

    /// <summary>Names in ordinal order.</summary>
    public IEnumerable<string> Names => byName.Keys;

    public IQmpCommand? Find(string name) => byName.GetValueOrDefault(name);
}
