using System.Threading;
using Limber.Device;

namespace Limber.Pci;

/// <summary>One level-triggered wire that several functions assert: it is asserted as long as one of them does.</summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf but for the wire itself, whose levels it puts in order.</remarks>
internal sealed class SharedInterrupt(IInterruptLine wire)
{
    private readonly Lock gate = new();
    private int asserting;

    /// <summary>A wire of one function's.</summary>
    public IInterruptLine CreateInput() => new Input(this);

    private void Change(ref bool level, bool asserted)
    {
        lock (gate)
        {
            if (level == asserted)
            {
                return;
            }

            level = asserted;
            asserting += asserted ? 1 : -1;
            if (asserting == (asserted ? 1 : 0))
            {
                wire.Set(asserted);
            }
        }
    }

    private sealed class Input(SharedInterrupt shared) : IInterruptLine
    {
        private bool level;

        public void Set(bool asserted) => shared.Change(ref level, asserted);

        public void Pulse()
        {
            Set(true);
            Set(false);
        }
    }
}
