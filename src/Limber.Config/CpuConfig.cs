using Limber.Cpu;

namespace Limber.Config;

/// <summary>Processors of a machine.</summary>
public sealed record CpuConfig
{
    /// <summary>Processors present when the guest starts; 1..<see cref="Max"/>. They occupy the lowest indexes.</summary>
    public required int Boot { get; init; }

    /// <summary>Processors that can ever be present; equals the topology's total.</summary>
    public required int Max { get; init; }

    /// <summary>Sockets, dies, modules, cores and threads of all possible processors.</summary>
    public required CpuTopology Topology { get; init; }

    /// <summary>Model and feature changes in the syntax of <c>-cpu</c>, such as <c>IvyBridge-IBRS,+avx2</c>.</summary>
    public string Model { get; init; } = "host";

    /// <summary>Processors that are the cores of one socket.</summary>
    /// <param name="boot">Present when the guest starts, from 1.</param>
    /// <param name="max">That can ever be present, from <paramref name="boot"/>.</param>
    public static CpuConfig OfCores(int boot, int max) =>
        new() { Boot = boot, Max = max, Topology = new CpuTopology(Sockets: 1, Dies: 1, Modules: 1, Cores: max, Threads: 1) };
}
