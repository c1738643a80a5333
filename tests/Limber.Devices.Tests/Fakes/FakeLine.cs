using System.Threading;
using Limber.Device;

namespace Limber.Devices.Tests.Fakes;

internal sealed class FakeLine : IInterruptLine
{
    private int edges;

    public bool Level { get; private set; }

    public int Edges => Volatile.Read(ref edges);

    public void Set(bool asserted)
    {
        if (asserted && !Level)
        {
            Interlocked.Increment(ref edges);
        }

        Level = asserted;
    }

    public void Pulse() => Interlocked.Increment(ref edges);
}
