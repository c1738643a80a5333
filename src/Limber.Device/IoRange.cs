using System;
using System.Diagnostics;
using System.Threading;

namespace Limber.Device;

/// <summary>
/// One range of addresses on an <see cref="IoBus"/>, from its insertion until nobody is inside the device any more.
/// <code>
///            Insert                Remove               last access leaves
///  (nothing) ------>  on the bus  ------->  draining  ---------------------->  quiescent
///                     accesses              nobody                             for ever
///                     enter, leave          enters any more
/// </code>
/// </summary>
/// <remarks>Thread: any.</remarks>
public sealed class IoRange
{
    // Invariant: one word holds both facts, so entering and removing are ordered by the word itself:
    //   bit 31     the range is removed; set once, never cleared
    //   bits 30-0  accesses inside the device
    // An access enters by a compare-and-swap that fails once bit 31 is set. Therefore the count only falls after the
    // removal, and removed-with-none-inside is final.
    private const int RemovedBit = int.MinValue;

    private int state;

    internal IoRange(ulong start, ulong length, IIoDevice device, string name)
    {
        Start = start;
        Length = length;
        Device = device;
        Name = name;
    }

    /// <summary>First address.</summary>
    public ulong Start { get; }

    /// <summary>Number of addresses, at least 1.</summary>
    public ulong Length { get; }

    /// <summary>Last address; ranges may touch the end of the address space, where an exclusive end doesn't exist.</summary>
    public ulong Last => Start + (Length - 1);

    /// <summary>Who the range belongs to, for error texts and listings.</summary>
    public string Name { get; }

    /// <summary>Who answers.</summary>
    public IIoDevice Device { get; }

    /// <summary>True from the moment <see cref="IoBus.Remove"/> shut the range.</summary>
    public bool IsRemoved => Volatile.Read(ref state) < 0;

    /// <summary>
    /// True when the range is removed and no access is inside the device. Never becomes false again, and whoever sees it
    /// true also sees everything that those accesses wrote.
    /// </summary>
    public bool IsQuiescent => Volatile.Read(ref state) == RemovedBit;

    /// <summary>Waits until <see cref="IsQuiescent"/>; false when the time is over.</summary>
    /// <param name="timeout">Accesses take microseconds; a second without an end is a bug of the device.</param>
    /// <remarks>
    /// Thread: never one that is inside the device, which would wait for itself until the timeout; never while holding
    /// a lock that the device takes.
    /// </remarks>
    public bool WaitUntilQuiescent(TimeSpan timeout)
    {
        long started = Stopwatch.GetTimestamp();
        var spin = default(SpinWait);
        while (!IsQuiescent)
        {
            if (Stopwatch.GetElapsedTime(started) >= timeout)
            {
                return false;
            }

            spin.SpinOnce();
        }

        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} (0x{Start:x}..0x{Last:x})";

    // The compare-and-swap is a full fence: what the access does stays behind it.
    internal bool TryEnter()
    {
        int seen = Volatile.Read(ref state);
        while (seen >= 0)
        {
            int found = Interlocked.CompareExchange(ref state, seen + 1, seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        return false;
    }

    // A full fence as well: what the access did is visible before the count falls.
    internal void Leave() => Interlocked.Decrement(ref state);

    internal void Shut() => Interlocked.Or(ref state, RemovedBit);
}
