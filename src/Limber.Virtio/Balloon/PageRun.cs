using System;
using Limber.Memory;

namespace Limber.Virtio.Balloon;

/// <summary>
/// Collects page numbers that follow each other, up or down, so that a balloon of many pages takes few system calls.
/// </summary>
internal struct PageRun(GuestMemory memory, IBalloonMemory target)
{
    private const ulong PageSize = 1UL << BalloonRegisters.PageShift;
    private ulong first;
    private ulong count;

    /// <summary>Page numbers that were not RAM, or that the host kept.</summary>
    public int Refused { get; private set; }

    public void Add(uint page)
    {
        if (count != 0 && page == first + count)
        {
            count++;
        }
        else if (count != 0 && page + 1UL == first)
        {
            first = page;
            count++;
        }
        else
        {
            Flush();
            first = page;
            count = 1;
        }
    }

    public void Flush()
    {
        ulong address = first << BalloonRegisters.PageShift;
        ulong left = count << BalloonRegisters.PageShift;
        count = 0;
        while (left != 0)
        {
            bool isRam = memory.TryTranslate(new GuestAddress(address), out nint host, out ulong contiguous) && contiguous >= PageSize;
            ulong part = isRam ? Math.Min(left, contiguous & ~(PageSize - 1)) : PageSize;
            if (!isRam || !target.Release(host, (nuint)part))
            {
                Refused++;
            }

            address += part;
            left -= part;
        }
    }
}
