using System;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// The machine's own thread, <c>limber-vm</c>: acts on what the guest reports and on deadlines while the machine lives, then
/// takes it apart.
/// </summary>
internal sealed class MachineWorker
{
    private const int StackSize = 512 * 1024;

    private readonly TaskCompletionSource<int> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock control;
    private readonly MachinePlatform platform;
    private readonly MachineParts parts;
    private readonly RunControl run;
    private readonly Thread thread;

    /// <param name="control">The machine's control lock.</param>
    /// <param name="platform">Says what the guest reports.</param>
    /// <param name="parts">Whom it concerns.</param>
    /// <param name="run">Resets and ends the machine.</param>
    public MachineWorker(Lock control, MachinePlatform platform, MachineParts parts, RunControl run)
    {
        this.control = control;
        this.platform = platform;
        this.parts = parts;
        this.run = run;
        thread = new Thread(Work, StackSize) { Name = "limber-vm", IsBackground = true };
    }

    /// <summary>Completes with the exit code when nothing of the machine is left.</summary>
    public Task<int> Completion => completion.Task;

    /// <summary>Everything is there that it acts on.</summary>
    public void Start() => thread.Start();

    /// <summary>Returns when the machine, which has ended, is gone. Without the control lock.</summary>
    public void Join() => thread.Join();

    /// <summary>Takes apart what was created. Without the control lock.</summary>
    public void TakeApart()
    {
        parts.Dispose();
        platform.Dispose();
    }

    private void Work()
    {
        Interop.HostThread.SetCurrentName(thread.Name!);
        TimeSpan wait = Timeout.InfiniteTimeSpan;
        while (true)
        {
            platform.Signals.Wait(wait);
            int exitCode;
            lock (control)
            {
                if (parts.Status.ExitCode is null)
                {
                    wait = ProcessSafely();
                }

                if (parts.Status.ExitCode is not { } code)
                {
                    continue;
                }

                exitCode = code;
            }

            TakeApart();
            completion.TrySetResult(exitCode);
            return;
        }
    }

    // Whatever the kernel refuses stops the machine, never the process: its control plane still works.
    private TimeSpan ProcessSafely()
    {
        try
        {
            Process(platform.Signals.Take());
            return parts.CheckOperations();
        }
        catch (Exception e) when (HostRefusals.Includes(e))
        {
            run.Fail(e.Message);
            return Timeout.InfiniteTimeSpan;
        }
    }

    private void Process(GuestSignalBatch batch)
    {
        foreach (GuestSignal signal in batch.Hotplug)
        {
            parts.OnSignal(signal);
        }

        if (batch.Failure is not null)
        {
            run.Fail(batch.Failure);
        }
        else if (batch.PowerOff)
        {
            run.OnGuestPowerOff();
        }
        else if (batch.Reset)
        {
            run.OnGuestReset();
        }
    }
}
