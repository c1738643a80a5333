using System.Threading;
using Limber.Device;

namespace Limber.Devices.Platform.Serial;

/// <summary>
/// Brings the level that registers ask for to the wire, outside the device lock and still in order.
/// </summary>
/// <remarks>
/// Two threads that compute a level under the lock and drive it after may reach the wire in the wrong order. So one at
/// a time drives, and looks again before it stops; the others only leave the level.
/// The interrupt controller takes edges from this wire. A level that fell and rose while somebody else was driving must
/// still become a fall and a rise, or the guest, which has handled what it saw, would never be told of the new event.
/// </remarks>
internal sealed class SerialInterrupt
{
    private readonly IInterruptLine line;
    private readonly Lock gate;
    private bool level;
    private bool fell;
    private bool driven;
    private bool driving;

    /// <param name="line">The wire.</param>
    /// <param name="gate">The device's lock.</param>
    public SerialInterrupt(IInterruptLine line, Lock gate)
    {
        this.line = line;
        this.gate = gate;
    }

    /// <summary>
    /// Notes the level. The caller holds the gate; when the result is true it calls <see cref="Drive"/> after leaving it.
    /// </summary>
    public bool Update(bool asserted)
    {
        fell |= level && !asserted;
        level = asserted;
        if (driving || (level == driven && !fell))
        {
            return false;
        }

        driving = true;
        return true;
    }

    /// <summary>Drives the wire until it shows the newest level. The caller doesn't hold the gate.</summary>
    public void Drive()
    {
        while (true)
        {
            bool lower;
            bool raise;
            lock (gate)
            {
                lower = driven && (fell || !level);
                raise = level && (lower || !driven);
                fell = false;
                driven = level;
                if (!lower && !raise)
                {
                    driving = false;
                    return;
                }
            }

            if (lower)
            {
                line.Set(false);
            }

            if (raise)
            {
                line.Set(true);
            }
        }
    }
}
