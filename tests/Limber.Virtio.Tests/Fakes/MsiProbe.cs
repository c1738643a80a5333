using System.Threading;
using Limber.Device;
using Limber.Interop;

namespace Limber.Virtio.Tests.Fakes;

/// <summary>Counts what a vector delivers.</summary>
internal sealed class MsiProbe : IMsiVector
{
    private int signals;
    private bool unmasked;

    public int Signals => Volatile.Read(ref signals);

    public HostEvent Event { get; } = new();

    public bool IsPending => false;

    public void Signal()
    {
        if (Volatile.Read(ref unmasked))
        {
            Interlocked.Increment(ref signals);
        }
    }

    public bool Unmask(MsiMessage message)
    {
        Volatile.Write(ref unmasked, true);
        return true;
    }

    public void Mask() => Volatile.Write(ref unmasked, false);

    public void Dispose() => Event.Dispose();
}
