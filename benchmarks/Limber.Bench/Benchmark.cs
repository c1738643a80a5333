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

    /// <summary>Whether it is for the largest machine that both monitors have, and for no other.</summary>
    public bool IsForLargest { get; init; }
}
