using System;
using System.Collections.Immutable;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.Config;

/// <summary>
/// What one virtual machine is made of, as data. Every command-line dialect produces it, an embedding program
/// may build it directly, and nothing in it changes after the machine was created: what the machine became
/// later is the machine's own state, never a changed wish.
/// </summary>
public sealed record VmConfig
{
    /// <summary>The dialect the configuration was written in; it decides the flavour of default monitors.</summary>
    public Dialect Dialect { get; init; } = Dialect.Qemu;

    /// <summary>The guest's name (<c>-name</c>), or null when none was given.</summary>
    public string? Name { get; init; }

    /// <summary>The guest's UUID; all zeros when none was given.</summary>
    public Guid Uuid { get; init; }

    /// <summary>The machine type as named by the user (<c>pc</c>, <c>q35</c>); all x86 types share one platform.</summary>
    public string MachineType { get; init; } = "q35";

    /// <summary>Processors present at boot and possible later.</summary>
    public required CpuConfig Cpus { get; init; }

    /// <summary>Guest memory.</summary>
    public required MemoryConfig Memory { get; init; }

    /// <summary>NUMA nodes; none unless asked for.</summary>
    public NumaConfig Numa { get; init; } = NumaConfig.None;

    /// <summary>What to boot; an empty payload starts the built-in notice.</summary>
    public PayloadConfig Payload { get; init; } = new();

    /// <summary>Serial ports COM1 to COM4 in order; at most four. A null entry is a port that does not exist.</summary>
    public ImmutableArray<ChardevConfig?> Serials { get; init; } = [];

    /// <summary>
    /// Devices plugged in before the guest starts, in the syntax of QEMU's <c>-device</c>. Whoever runs the machine plugs them in.
    /// </summary>
    public ImmutableArray<string> Devices { get; init; } = [];

    /// <summary>DIMMs that are there when the guest starts.</summary>
    public ImmutableArray<DimmConfig> Dimms { get; init; } = [];

    /// <summary>Block, network and memory backends that devices refer to by name.</summary>
    public ImmutableArray<BackendConfig> Backends { get; init; } = [];

    /// <summary>PCI devices that are there when the guest starts, root ports included, in the order they get their places.</summary>
    public ImmutableArray<DeviceConfig> PciDevices { get; init; } = [];

    /// <summary>QMP and HMP monitors.</summary>
    public ImmutableArray<MonitorConfig> Monitors { get; init; } = [];

    /// <summary>Path of the REST interface's Unix socket, or null for none.</summary>
    public string? ApiSocket { get; init; }

    /// <summary>Create the machine but do not run its processors until told to (<c>-S</c>).</summary>
    public bool StartPaused { get; init; }

    /// <summary>A guest reset ends the process instead of rebooting (<c>-no-reboot</c>).</summary>
    public bool NoReboot { get; init; }

    /// <summary>A guest power-off stops the machine but keeps the process (<c>-no-shutdown</c>).</summary>
    public bool NoShutdown { get; init; }

    /// <summary>File that receives the process id, or null.</summary>
    public string? PidFile { get; init; }

    /// <summary>
    /// How long the guest has to answer a hotplug request that names no deadline of its own; in the range of
    /// <see cref="Limber.Config.OperationDeadline"/>.
    /// </summary>
    public TimeSpan OperationDeadline { get; init; } = Config.OperationDeadline.Default;
}
