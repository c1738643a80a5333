using System;
using System.Diagnostics;
using System.Threading;
using Limber.Device;
using Limber.Interop;

namespace Limber.LabTests.Vfio;

/// <summary>A vector without a guest: the host signals it, the scenario waits for it.</summary>
internal sealed class VfioVector : IMsiVector
{
    public HostEvent Event { get; } = new();

    public bool IsPending => !IsUnmasked && Event.IsSignalled;

    public bool IsUnmasked { get; private set; }

    public void Signal() => Event.Signal();

    public bool Unmask(MsiMessage message) => IsUnmasked = true;

    public void Mask() => IsUnmasked = false;

    public void Dispose() => Event.Dispose();

    /// <summary>Waits for the interrupt.</summary>
    public void Await(string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!Event.Clear())
        {
            Check.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"no interrupt: {what}");
            Thread.Sleep(1);
        }
    }
}
