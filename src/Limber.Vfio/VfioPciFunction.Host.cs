using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Limber.Vfio;

/// <content>Interrupts, resets and what the host says by itself.</content>
public sealed partial class VfioPciFunction
{
    // A leaf.
    private readonly Lock resetGate = new();
    private bool resetQueued;
    private int faults;
    private int removalRequests;
    private bool refusalReported;

    /// <inheritdoc/>
    protected override void OnReset()
    {
        if (Bus is null)
        {
            return;
        }

        // The function must not touch memory any more when this returns: the guest's next life begins in it.
        msi?.Update();
        lock (hostGate)
        {
            interrupts.Forget();
            WriteHostCommand(busMaster: false);
            interrupts.Update();
        }

        lock (resetGate)
        {
            resetDone.Reset();

            // One that has not begun will do for this one as well; so a guest can't queue more than one.
            if (resetQueued)
            {
                return;
            }

            resetQueued = true;
        }

        if (!loop.Post(ResetInBackground, this))
        {
            // The machine is ending.
            ResetInBackground();
        }
    }

    private void ResetInBackground()
    {
        lock (resetGate)
        {
            resetQueued = false;
        }

        try
        {
            int result;
            lock (hostGate)
            {
                result = ResetHost(alone: false);
                WriteHostCommand(hostBusMaster);
            }

            if (result < 0)
            {
                Fault($"it cannot be reset ({Marshal.GetPInvokeErrorMessage(-result)}); what the guest left in it remains");
            }
        }
        finally
        {
            EndReset();
        }
    }

    private void EndReset()
    {
        lock (resetGate)
        {
            if (!resetQueued)
            {
                resetDone.Set();
            }
        }
    }

    // Called under the host gate.
    private int ResetHost(bool alone) => device.CanReset ? device.Reset() : owner.HotReset(device, alone);

    private void UpdateInterrupts()
    {
        lock (hostGate)
        {
            interrupts.Update();
        }
    }

    private void UseMsix(int vector)
    {
        lock (hostGate)
        {
            interrupts.Use(vector);
        }
    }

    // Guest-caused, so once: a guest may try for ever.
    private void ReportRefusal(string what, int result)
    {
        if (refusalReported)
        {
            CountOddity("interrupts refused by the host");
            return;
        }

        refusalReported = true;
        Fault(result == 0 ? what : $"{what}: {Marshal.GetPInvokeErrorMessage(-result)}");
    }

    private void Watch(VfioInterruptKind kind, Action signalled)
    {
        if (device.GetInterrupts(kind) is not { Count: > 0, CanSignalEvent: true })
        {
            return;
        }

        var watch = new VfioWatch(loop, signalled, this);
        watches.Add(watch);
        int result = device.SetEvents(kind, 0, [watch.Event.Descriptor.Number]);
        if (result != 0)
        {
            throw new VfioException(device.Path, $"the host's notices of kind {kind} cannot be enabled", Math.Max(-result, 0));
        }
    }

    // The function is dead to the host until it is reset.
    private void OnHostError() => Fault("the host reported an uncorrectable error of the function");

    // The kernel repeats its wish until it is fulfilled.
    private void OnHostRequest()
    {
        if (Interlocked.Exchange(ref removalRequests, 1) == 0)
        {
            RemovalRequested?.Invoke(this);
        }
    }

    private void Fault(string what)
    {
        const int Most = 100;
        if (Interlocked.Increment(ref faults) <= Most)
        {
            Faulted?.Invoke(this, $"{Name} ({Path}): {what}");
        }
    }

    private void CountOddity(string what)
    {
        if (Bus is not null)
        {
            Host.Log.GuestError(Name, what);
        }
    }
}
