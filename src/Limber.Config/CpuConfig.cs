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
}
