using System;
using System.Diagnostics;
using System.Threading;
using Limber.Device.Loop;

namespace Limber.Vfio;

/// <summary>
/// The interrupt pin, for drivers that use neither MSI nor MSI-X.
/// <code>
///   function interrupts; the host masks it --> event --> assert the guest's line
///   the guest touches a trapped register of a BAR, or time passes --> deassert, unmask in the host
///   the function still asserts its pin --> the host interrupts again at once
/// </code>
/// </summary>
/// <remarks>
/// The end of interrupt itself is not seen: it is approximated by those two. A level that is taken back too early comes
/// again, so nothing is lost; a guest may see an interrupt for which its handler finds no reason.
/// Thread: events and timer the loop's; <see cref="Acknowledge"/> any.
/// </remarks>
internal sealed class VfioIntx : IDisposable
{
    private readonly VfioDevice device;
    private readonly Action<bool> drive;
    private readonly VfioWatch watch;
    private readonly LoopTimer timer;
    private IntxBackoff backoff;
    private int asserted;

    public VfioIntx(VfioDevice device, DeviceLoop loop, Action<bool> drive, ILoopOwner owner)
    {
        this.device = device;
        this.drive = drive;
        timer = loop.CreateTimer(OnElapsed, owner);
        watch = new VfioWatch(loop, OnInterrupt, owner, timer.Stop);
    }

    /// <summary>What the host signals.</summary>
    public int Event => watch.Event.Descriptor.Number;

    /// <summary>Takes the level back and lets the function interrupt again.</summary>
    /// <returns>False when it wasn't asserted.</returns>
    public bool Acknowledge()
    {
        // Invariant: the flag is set after the line was asserted and taken before it is deasserted, and the host interrupts
        // again only after the unmask; so assertions and deassertions alternate whoever acknowledges.
        if (Volatile.Read(ref asserted) == 0 || Interlocked.Exchange(ref asserted, 0) == 0)
        {
            return false;
        }

        drive(false);

        // Fails when the guest has turned to MSI meanwhile: there is nothing to unmask then.
        _ = device.UnmaskIntx();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => watch.Dispose();

    private void OnInterrupt()
    {
        drive(true);
        Volatile.Write(ref asserted, 1);
        timer.Start(backoff.OnInterrupt(Stopwatch.GetTimestamp()));
    }

    private void OnElapsed()
    {
        if (Acknowledge())
        {
            backoff.OnLook(Stopwatch.GetTimestamp());
        }
    }
}
