using System;

namespace Limber.Bench;

/// <summary>What is measured on machines whose guest runs.</summary>
/// <param name="Name">For the report and for choosing.</param>
/// <param name="Description">One line for <c>--list</c>.</param>
/// <param name="Measure">Measures once; null where starting the machine is the measurement.</param>
internal sealed record Benchmark(string Name, string Description, Action<Session>? Measure)
{
    /// <summary>Too long to be part of a whole run.</summary>
    public bool IsOnlyByName { get; init; }

    public MachineKind Machine { get; init; }

    /// <summary>How often it is measured a machine; the monitors take turns.</summary>
    public int Repetitions { get; init; } = 1;
}
