using System.Threading;
using Limber.Device;

namespace Limber.Virtio.Tests.Fakes;

/// <summary>Shows the level of an interrupt wire.</summary>
internal sealed class WireProbe : IInterruptLine
{
    private bool level;

    public bool Level => Volatile.Read(ref level);

    public void Set(bool asserted) => Volatile.Write(ref level, asserted);

    public void Pulse() { }
}
