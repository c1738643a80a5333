using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Control;
using Limber.Memory;

namespace Limber.Machine;

/// <summary>Guest physical addresses of persistent memory: a part of the space between the guest's memory and PCI's window above 4 GiB.</summary>
/// <remarks>
/// It is not a part of PCI's window, so no BAR that the guest moves can lie over it. It is near the guest's memory because a Linux
/// guest maps no more than 10 TiB beyond it when it places its kernel at random (CONFIG_RANDOMIZE_MEMORY_PHYSICAL_PADDING).
/// Thread: any. Lock order: <see cref="gate"/> is a leaf.
/// </remarks>
internal sealed class PmemWindow
{
    /// <summary>Starts are multiples of this: guests then map by their largest pages, and no two ranges share one of their memory sections.</summary>
    public const ulong Alignment = 1UL << 30;

    // PCI's window begins at a multiple of this.
    private const ulong Grain = 1UL << 32;
    private const ulong Largest = 1UL << 40;

    private readonly Lock gate = new();
    private readonly List<GuestRange> taken = [];

    /// <param name="range">Its addresses, as <see cref="Carve"/> chose them.</param>
    public PmemWindow(GuestRange range) => Range = range;

    /// <summary>All addresses.</summary>
    public GuestRange Range { get; }

    /// <summary>The window in a space that is for devices: its first quarter, 1 TiB at most.</summary>
    /// <param name="start">First address, a multiple of 4 GiB.</param>
    /// <param name="end">Address behind the last one; not below the start.</param>
    public static GuestRange Carve(ulong start, ulong end) =>
        new(new GuestAddress(start), Math.Min((end - start) / 4, Largest) / Grain * Grain);

    /// <summary>Takes the lowest free range.</summary>
    /// <param name="length">Bytes, more than 0.</param>
    /// <exception cref="VmException">There is none so large.</exception>
    public GuestRange Take(ulong length)
    {
        lock (gate)
        {
            GuestAddress start = Range.Start;
            foreach (GuestRange other in taken.OrderBy(r => r.Start))
            {
                if (other.Start - start >= length)
                {
                    break;
                }

                start = other.End.AlignUp(Alignment);
            }

            if (start > Range.End || Range.End - start < length)
            {
                throw new VmException(
                    VmErrorCode.InvalidDevice,
                    $"no room for {length} bytes of persistent memory: the guest has {Range.Length} bytes of addresses for it, of which {taken.Count} devices have some");
            }

            var range = new GuestRange(start, length);
            taken.Add(range);
            return range;
        }
    }

    /// <summary>Gives a range back. The guest no longer sees anything there.</summary>
    public void Release(GuestRange range)
    {
        lock (gate)
        {
            taken.Remove(range);
        }
    }
}
