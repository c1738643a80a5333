using System.Threading;
using Limber.Device;

namespace Limber.LabTests.Vfio;

/// <summary>A wire that shows its level and counts how often it rose.</summary>
internal sealed class VfioPin : IInterruptLine
{
    private int edges;
    private bool level;

    public bool Level => Volatile.Read(ref level);

    public int Edges => Volatile.Read(ref edges);

    public void Set(bool asserted)
    {
        if (asserted && !level)
        {
            Interlocked.Increment(ref edges);
        }

        Volatile.Write(ref level, asserted);
    }

    public void Pulse() => Interlocked.Increment(ref edges);
}
