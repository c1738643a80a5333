using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Limber.Machine;

/// <summary>Threads that finish the I/O of what has gone from the machine and close what it had: <c>limber-teardown</c>, one each.</summary>
/// <param name="control">The machine's control lock, which none of them holds while it waits.</param>
internal sealed class TeardownThreads(Lock control)
{
    private readonly List<Task> tasks = [];

    /// <summary>Runs a teardown. With the control lock held.</summary>
    public void Start(Action teardown)
    {
        tasks.RemoveAll(t => t.IsCompleted);
        try
        {
            tasks.Add(Task.Factory.StartNew(
                () =>
                {
                    Interop.HostThread.SetCurrentName("limber-teardown");
                    teardown();
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default));
        }
        catch (TaskSchedulerException)
        {
            // The host has no thread to give: one that is there must do it.
            tasks.Add(Task.Run(teardown));
        }
    }

    /// <summary>Returns when all that were started have ended. Without the control lock; nobody starts any more.</summary>
    public void Wait()
    {
        Task[] pending;
        lock (control)
        {
            pending = [.. tasks];
        }

        Task.WaitAll(pending);
    }
}
