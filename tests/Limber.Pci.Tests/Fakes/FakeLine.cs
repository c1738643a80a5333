using Limber.Device;

namespace Limber.Pci.Tests.Fakes;

internal sealed class FakeLine : IInterruptLine
{
    public bool Level { get; private set; }

    public int Edges { get; private set; }

    public void Set(bool asserted)
    {
        Edges += asserted && !Level ? 1 : 0;
        Level = asserted;
    }

    public void Pulse() => Edges++;
}
