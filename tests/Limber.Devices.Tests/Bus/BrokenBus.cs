using System;
using System.Threading;
using Limber.Device;

namespace Limber.Devices.Tests.Bus;

/// <summary>
/// A bus of one range that counts the accesses inside but lets late ones in: an access that found the range before the
/// removal enters after it. It is what <see cref="IoBus"/> would be without the removed bit in the count's word, and proves that
/// <see cref="RemovalLitmus"/> sees such a mistake.
/// </summary>
internal sealed class BrokenBus : IRemovalBus
{
    private Slot? slot;

    public void Insert(IIoDevice device) => Volatile.Write(ref slot, new Slot(device));

    public void RemoveAndDrain()
    {
        Slot? removed = Interlocked.Exchange(ref slot, null);
        while (removed is not null && Volatile.Read(ref removed.Inside) != 0)
        {
            Thread.Yield();
        }
    }

    public void Access()
    {
        Slot? found = Volatile.Read(ref slot);
        if (found is null)
        {
            return;
        }

        // Widens the window between finding the range and entering it; a preemption does the same, more rarely.
        Thread.Yield();
        Interlocked.Increment(ref found.Inside);
        found.Device.Write(0, ReadOnlySpan<byte>.Empty);
        Interlocked.Decrement(ref found.Inside);
    }

    private sealed class Slot(IIoDevice device)
    {
        public int Inside;

        public IIoDevice Device { get; } = device;
    }
}
