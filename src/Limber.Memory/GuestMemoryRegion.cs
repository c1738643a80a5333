using System;
using Limber.Interop;

namespace Limber.Memory;

/// <summary>One contiguous piece of guest RAM and the host mapping behind it.</summary>
public sealed unsafe class GuestMemoryRegion : IDisposable
{
    private readonly HostMapping mapping;

    /// <param name="start">Guest address of the first byte, page aligned.</param>
    /// <param name="mapping">Host pages; the region owns them from here on.</param>
    public GuestMemoryRegion(GuestAddress start, HostMapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        Range = new GuestRange(start, mapping.Length);
        this.mapping = mapping;
    }

    /// <summary>Where the guest sees the region.</summary>
    public GuestRange Range { get; }

    /// <summary>The host mapping, for handing the region to the hypervisor.</summary>
    public HostMapping Mapping => mapping;

    /// <summary>The host bytes of a part of the region; false if it does not lie within.</summary>
    public bool TryGetSpan(GuestAddress address, int length, out Span<byte> span)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (!Range.Contains(address) || (ulong)length > Range.Length - (address - Range.Start))
        {
            span = default;
            return false;
        }

        // SAFETY: [address, address + length) was just checked to lie within the mapping, which lives as long
        // as this region: the hypervisor and every user of the map let go of it before it is disposed.
        span = new Span<byte>((byte*)mapping.Address + (address - Range.Start), length);
        return true;
    }

    /// <summary>Gives all pages back to the host, but for huge ones; the guest reads zeros afterwards.</summary>
    public void Discard() => mapping.Discard();

    /// <inheritdoc cref="HostMapping.GiveUp"/>
    public void GiveUp() => mapping.GiveUp();

    /// <summary>Gives a part back to the host; the guest reads zeros afterwards.</summary>
    /// <param name="offset">From <see cref="Range"/>'s start, page aligned.</param>
    /// <param name="length">Bytes, whole pages.</param>
    /// <returns>False when the host refused.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the region.</exception>
    public bool TryDiscard(ulong offset, ulong length) => mapping.TryDiscard(offset, length);

    /// <inheritdoc cref="HostMapping.TryCommit"/>
    public bool TryCommit(ulong offset, ulong length) => mapping.TryCommit(offset, length);

    /// <summary>Unmaps the pages. Nothing may use the region any more.</summary>
    public void Dispose() => mapping.Dispose();
}
