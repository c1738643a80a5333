using System;
using System.Collections.Immutable;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>
/// The memory map that the guest is given: ascending, disjoint ranges with a type each. Immutable;
/// a carve-out gives a new map.
/// </summary>
public sealed class E820Map
{
    /// <summary>Entries that fit the boot parameters (<c>E820_MAX_ENTRIES_ZEROPAGE</c>).</summary>
    public const int MaxEntries = 128;

    /// <summary>Where the conventional memory of a PC ends and its extended BIOS data area begins.</summary>
    public static readonly GuestAddress EbdaStart = new(0x9_FC00);

    /// <summary>Where the legacy video and ROM window begins.</summary>
    public static readonly GuestAddress LegacyStart = new(0xA_0000);

    /// <summary>Where memory above the legacy window begins.</summary>
    public static readonly GuestAddress HighMemoryStart = new(0x10_0000);

    private E820Map(ImmutableArray<E820Entry> entries) => Entries = entries;

    /// <summary>Ascending and disjoint; none is empty.</summary>
    public ImmutableArray<E820Entry> Entries { get; }

    /// <summary>The map of a machine without carve-outs.</summary>
    public static E820Map For(MemoryLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ImmutableArray<E820Entry>.Builder entries = ImmutableArray.CreateBuilder<E820Entry>();
        entries.Add(new E820Entry(GuestRange.Between(layout.Low.Start, EbdaStart), E820Type.Ram));
        entries.Add(new E820Entry(GuestRange.Between(EbdaStart, LegacyStart), E820Type.Reserved));
        entries.Add(new E820Entry(GuestRange.Between(LegacyStart, HighMemoryStart), E820Type.Reserved));
        entries.Add(new E820Entry(GuestRange.Between(HighMemoryStart, layout.Low.End), E820Type.Ram));
        if (layout.High.Length != 0)
        {
            entries.Add(new E820Entry(layout.High, E820Type.Ram));
        }

        return new E820Map(entries.ToImmutable());
    }

    /// <summary>
    /// The map with a range taken out for something else than RAM. What the range covered before, RAM or not,
    /// gives way; it may also lie where there was nothing.
    /// </summary>
    /// <exception cref="ArgumentException">The range is empty or passes the end of the addresses, or the type is RAM or unknown.</exception>
    /// <exception cref="BootException">The map would have more than <see cref="MaxEntries"/> entries.</exception>
    public E820Map Reserve(GuestRange range, E820Type type)
    {
        if (range.Length == 0 || range.Length > ulong.MaxValue - range.Start.Value)
        {
            throw new ArgumentException($"carve-out at {range.Start} of 0x{range.Length:x} bytes is empty or passes the end of the address space", nameof(range));
        }

        if (type is not (E820Type.Reserved or E820Type.Acpi or E820Type.Nvs))
        {
            throw new ArgumentException($"carve-out {range} has type {type}, which is not one for reserved memory", nameof(type));
        }

        ImmutableArray<E820Entry>.Builder entries = ImmutableArray.CreateBuilder<E820Entry>(Entries.Length + 2);
        foreach (E820Entry entry in Entries)
        {
            if (!entry.Range.Overlaps(range))
            {
                entries.Add(entry);
                continue;
            }

            if (entry.Range.Start < range.Start)
            {
                entries.Add(new E820Entry(GuestRange.Between(entry.Range.Start, range.Start), entry.Type));
            }

            if (range.End < entry.Range.End)
            {
                entries.Add(new E820Entry(GuestRange.Between(range.End, entry.Range.End), entry.Type));
            }
        }

        entries.Add(new E820Entry(range, type));
        if (entries.Count > MaxEntries)
        {
            throw new BootException($"memory map of {entries.Count} entries exceeds the limit of {MaxEntries}");
        }

        entries.Sort(static (left, right) => left.Range.Start.CompareTo(right.Range.Start));
        return new E820Map(entries.ToImmutable());
    }
}
