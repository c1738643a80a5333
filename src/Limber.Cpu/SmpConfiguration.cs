namespace Limber.Cpu;

/// <summary>
/// How many CPUs are there at boot (the first slots), how many slots there are, and how these are
/// arranged.
/// </summary>
public sealed record SmpConfiguration(int Cpus, int MaxCpus, CpuTopology Topology);
