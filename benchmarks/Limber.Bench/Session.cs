using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;

namespace Limber.Bench;

/// <summary>A running machine of one monitor, and where its figures go.</summary>
/// <param name="Vmm">Whose machine.</param>
/// <param name="Machine">The machine.</param>
/// <param name="MaxCpus">Its possible processors.</param>
/// <param name="Round">From 0.</param>
/// <param name="Report">Takes the figures.</param>
internal sealed record Session(Vmm Vmm, BenchMachine Machine, int MaxCpus, int Round, Report Report)
{
    /// <summary>The other monitors' machines that run at the same time.</summary>
    public IReadOnlyList<BenchMachine> Others { get; set; } = [];

    /// <summary>Whether a measurement ended with an error, which leaves the guest in a state that nobody knows.</summary>
    public bool HasFailed { get; set; }

    /// <summary>Of the monitor, from 0: names what it has of the host.</summary>
    public int Number { get; init; }

    /// <summary>Where disk images are.</summary>
    public string Scratch { get; init; } = ".";

    /// <summary>The guest's network cards have been configured.</summary>
    public bool CardsAreOpen { get; set; }

    /// <summary>Which repetition this is, from 0.</summary>
    public int Repetition { get; set; }

    /// <summary>Milliseconds from <paramref name="start"/> until a time of <see cref="GuestSignals"/>.</summary>
    public static double Since(long start, long time) => Stopwatch.GetElapsedTime(start, time).TotalMilliseconds;

    /// <summary>Milliseconds from <paramref name="start"/> until now.</summary>
    public static double Since(long start) => Stopwatch.GetElapsedTime(start).TotalMilliseconds;

    /// <summary>Takes a figure, and tells it at once: a run that is cut off has then not been in vain.</summary>
    public void Add(string benchmark, string title, double value)
    {
        Report[benchmark, title, Vmm].Add(value);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bench: {Vmm.Name}: {title}: {value:G4}"));
    }

    /// <summary>Does something while the other machines' guests stand still.</summary>
    public void PauseOthers(Action action)
    {
        foreach (BenchMachine other in Others)
        {
            other.SetRunning(false);
        }

        try
        {
            action();
        }
        finally
        {
            foreach (BenchMachine other in Others)
            {
                other.SetRunning(true);
            }
        }
    }
}
