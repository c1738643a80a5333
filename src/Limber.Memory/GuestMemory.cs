using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Limber.Memory;

/// <summary>
/// The guest's RAM as the VMM reaches it: an immutable map from guest physical ranges to host memory.
/// A machine that grows replaces the whole map; a reader keeps the one it took.
/// </summary>
/// <remarks>
/// Every access is checked against the map and copies, so nothing the guest passes can reach beyond its RAM.
/// Any thread may use it at any time; the guest writes the same bytes concurrently, so a value must be read
/// once and then used from the copy.
/// </remarks>
public sealed class GuestMemory
{
    private readonly ImmutableArray<GuestMemoryRegion> regions;

    /// <param name="regions">Ascending and disjoint.</param>
    /// <exception cref="ArgumentException">The regions overlap or are out of order.</exception>
    public GuestMemory(ImmutableArray<GuestMemoryRegion> regions)
    {
        for (int i = 1; i < regions.Length; i++)
        {
            if (regions[i - 1].Range.End > regions[i].Range.Start)
            {
                throw new ArgumentException($"guest memory regions {regions[i - 1].Range} and {regions[i].Range} overlap or are out of order");
            }
        }

        this.regions = regions;
    }

    /// <summary>All regions in ascending order of address.</summary>
    public ImmutableArray<GuestMemoryRegion> Regions => regions;

    /// <summary>Sum of the sizes of all regions, in bytes.</summary>
    public ulong TotalSize
    {
        get
        {
            ulong total = 0;
            foreach (GuestMemoryRegion region in regions)
            {
                total += region.Range.Length;
            }

            return total;
        }
    }

    /// <summary>
    /// The host bytes behind a range that lies within one region; false if any byte of it is not RAM.
    /// The view is shared with the running guest.
    /// </summary>
    public bool TryGetSpan(GuestAddress address, int length, out Span<byte> span)
    {
        if (Find(address) is { } region)
        {
            return region.TryGetSpan(address, length, out span);
        }

        span = default;
        return false;
    }

    /// <summary>
    /// Where a guest address is in this process, and how many bytes follow it without a gap in the same region: a longer
    /// range may go on in the next region, at another place. For back ends that hand guest memory to the kernel.
    /// </summary>
    /// <param name="address">Guest address.</param>
    /// <param name="host">Address in this process; valid as long as this map is in use (<see cref="GuestMemoryMap"/>).</param>
    /// <param name="contiguous">Bytes from there to the end of the region, at least 1.</param>
    /// <returns>False when the address is not RAM.</returns>
    public bool TryTranslate(GuestAddress address, out nint host, out ulong contiguous)
    {
        if (Find(address) is { } region)
        {
            ulong offset = address - region.Range.Start;
            host = region.Mapping.Address + (nint)offset;
            contiguous = region.Range.Length - offset;
            return true;
        }

        host = 0;
        contiguous = 0;
        return false;
    }

    /// <summary>Copies guest memory out; false, with nothing promised about <paramref name="destination"/>, if any byte is not RAM.</summary>
    public bool TryRead(GuestAddress address, Span<byte> destination)
    {
        if (!TryGetSpan(address, destination.Length, out Span<byte> source))
        {
            return false;
        }

        source.CopyTo(destination);
        return true;
    }

    /// <summary>Copies into guest memory; false, with nothing written, if any byte is not RAM.</summary>
    public bool TryWrite(GuestAddress address, ReadOnlySpan<byte> source)
    {
        if (!TryGetSpan(address, source.Length, out Span<byte> destination))
        {
            return false;
        }

        source.CopyTo(destination);
        return true;
    }

    /// <summary>As <see cref="TryWrite"/>, for addresses that the VMM chose itself.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not RAM.</exception>
    public void Write(GuestAddress address, ReadOnlySpan<byte> source)
    {
        if (!TryWrite(address, source))
        {
            ThrowNotRam(address, source.Length);
        }
    }

    /// <summary>As <see cref="TryRead"/>, for addresses that the VMM chose itself.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not RAM.</exception>
    public void Read(GuestAddress address, Span<byte> destination)
    {
        if (!TryRead(address, destination))
        {
            ThrowNotRam(address, destination.Length);
        }
    }

    /// <summary>Writes a little-endian 32-bit value at an address that the VMM chose itself.</summary>
    public void WriteUInt32(GuestAddress address, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(address, bytes);
    }

    /// <summary>Writes a little-endian 64-bit value at an address that the VMM chose itself.</summary>
    public void WriteUInt64(GuestAddress address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(address, bytes);
    }

    // A machine with all its DIMM slots in use has hundreds of regions, and every segment of a request is looked up.
    private GuestMemoryRegion? Find(GuestAddress address)
    {
        int low = 0;
        int high = regions.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (regions[middle].Range.Start <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low != 0 && regions[low - 1].Range.Contains(address) ? regions[low - 1] : null;
    }

    [DoesNotReturn]
    private static void ThrowNotRam(GuestAddress address, int length) =>
        throw new ArgumentOutOfRangeException(nameof(address), $"guest range at {address} of {length} bytes is not RAM");
}
