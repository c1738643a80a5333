using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Limber.LabTests;

/// <summary>The steps of a storm, dealt to clients that play at the same time.</summary>
internal static class StormShares
{
    /// <summary>Plays all steps, each client every so-manieth on a thread of its own, and waits for the last one.</summary>
    /// <param name="clients">Who plays.</param>
    /// <param name="steps">All steps, in order.</param>
    /// <param name="play">Plays a client's share; says what it did.</param>
    /// <param name="figures">Gets what the clients did.</param>
    public static void Play<TClient, TStep>(
        TClient[] clients, IReadOnlyList<TStep> steps, Func<TClient, List<TStep>, string> play, List<string> figures)
    {
        Task<string>[] tasks = [.. clients.Select((client, number) => Task.Factory.StartNew(
            () => play(client, [.. steps.Where((_, i) => i % clients.Length == number)]),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        foreach (Task<string> task in tasks)
        {
            figures.Add(task.GetAwaiter().GetResult());
        }
    }
}
