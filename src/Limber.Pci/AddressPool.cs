using System;
using System.Collections.Generic;
using System.Numerics;

namespace Limber.Pci;

/// <summary>Finds room in windows, lowest address first, between what is there already.</summary>
internal sealed class AddressPool
{
    private readonly List<AddressSpan> windows = [];
    private readonly List<AddressSpan> used = [];

    public AddressPool(params ReadOnlySpan<AddressSpan> windows)
    {
        foreach (AddressSpan window in windows)
        {
            if (window.Length != 0)
            {
                this.windows.Add(window);
            }
        }
    }

    /// <summary>Something is at an address, possibly outside the windows or over something else.</summary>
    public void Reserve(ulong start, ulong length)
    {
        // Guest-controlled: a span that would leave the address space is cut at its end.
        if (length != 0)
        {
            used.Add(new AddressSpan(start, Math.Min(length, Math.Max(ulong.MaxValue - start, 1))));
        }
    }

    /// <summary>Takes room; null when there is none.</summary>
    /// <param name="length">How much.</param>
    /// <param name="alignment">A power of two.</param>
    public ulong? TryTake(ulong length, ulong alignment)
    {
        foreach (AddressSpan window in windows)
        {
            if (TryTake(window, length, alignment) is { } start)
            {
                used.Add(new AddressSpan(start, length));
                return start;
            }
        }

        return null;
    }

    private ulong? TryTake(AddressSpan window, ulong length, ulong alignment)
    {
        ulong? candidate = AlignUp(Math.Max(window.Start, alignment), alignment);
        while (candidate is { } start && start <= window.Last && length - 1 <= window.Last - start)
        {
            var wanted = new AddressSpan(start, length);
            ulong? blocked = null;
            foreach (AddressSpan taken in used)
            {
                if (taken.Overlaps(wanted))
                {
                    blocked = Math.Max(blocked ?? 0, taken.Last);
                }
            }

            if (blocked is not { } last)
            {
                return start;
            }

            candidate = last == ulong.MaxValue ? null : AlignUp(last + 1, alignment);
        }

        return null;
    }

    private static ulong? AlignUp(ulong value, ulong alignment)
    {
        System.Diagnostics.Debug.Assert(BitOperations.IsPow2(alignment));
        return value > ulong.MaxValue - (alignment - 1) ? null : (value + (alignment - 1)) & ~(alignment - 1);
    }
}
