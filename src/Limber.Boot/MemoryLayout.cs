using System;
using System.Collections.Immutable;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>
/// Where the guest's RAM lies: up to 3 GiB from address 0, the rest from 4 GiB, so that the last GiB below
/// 4 GiB stays free for devices and the interrupt controllers.
/// </summary>
public sealed class MemoryLayout
{
    /// <summary>Where low RAM ends at the latest (3 GiB).</summary>
    public const ulong LowLimit = 0xC000_0000;

    /// <summary>Where high RAM begins (4 GiB).</summary>
    public const ulong HighStart = 0x1_0000_0000;

    /// <summary>The least RAM a machine can have: the first MiB with its holes, and as much above it.</summary>
    public const ulong MinimumSize = 2UL << 20;

    /// <summary>The most RAM that fits the 52-bit physical addresses of the architecture, in bytes.</summary>
    public const ulong MaximumSize = (1UL << 52) - (HighStart - LowLimit);

    private const ulong PageSize = 4096;

    private MemoryLayout(ulong ramSize)
    {
        RamSize = ramSize;
        Low = new GuestRange(new GuestAddress(0), ulong.Min(ramSize, LowLimit));
        High = new GuestRange(new GuestAddress(HighStart), ramSize - Low.Length);
        Ranges = High.Length == 0 ? [Low] : [Low, High];
    }

    /// <summary>All RAM in bytes.</summary>
    public ulong RamSize { get; }

    /// <summary>RAM from address 0.</summary>
    public GuestRange Low { get; }

    /// <summary>RAM from 4 GiB; of length 0 when everything fits below 3 GiB.</summary>
    public GuestRange High { get; }

    /// <summary>The non-empty ranges in ascending order.</summary>
    public ImmutableArray<GuestRange> Ranges { get; }

    /// <summary>Lays out an amount of RAM.</summary>
    /// <param name="ramSize">Bytes, a multiple of 4 KiB.</param>
    /// <exception cref="BootException">The size is out of bounds or not made of whole pages.</exception>
    public static MemoryLayout For(ulong ramSize)
    {
        if (ramSize is < MinimumSize or > MaximumSize)
        {
            throw new BootException($"memory of {ramSize} bytes is outside of {MinimumSize} to {MaximumSize} bytes");
        }

        if (ramSize % PageSize != 0)
        {
            throw new BootException($"memory of {ramSize} bytes is not a multiple of {PageSize} bytes");
        }

        return new MemoryLayout(ramSize);
    }
}
