using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Memory;

namespace Limber.Devices.Platform;

/// <summary>
/// Guest memory, reserved in the guest's memory map, in which a device and the guest's ACPI code leave each other
/// 32-bit words. Reading or writing it costs neither side a VM exit.
/// </summary>
/// <remarks>
/// Invariant: every word has one writer for life, the VMM or the guest (docs/hotplug.md draws them). The VMM never reads
/// back what it wrote: it keeps its own copy, and a guest that scribbles over the area harms its own view only.
/// Guest-controlled: every word that <see cref="Read"/> returns.
/// Words are naturally aligned, so both sides see them whole; x86 keeps stores, and loads, in program order.
/// Thread: any.
/// </remarks>
public sealed class SharedArea
{
    private readonly GuestMemory memory;

    /// <param name="memory">Memory that contains the area for the life of the machine.</param>
    /// <param name="range">Page aligned.</param>
    /// <exception cref="ArgumentException">The range is not RAM of one region.</exception>
    public SharedArea(GuestMemory memory, GuestRange range)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (!memory.TryGetSpan(range.Start, checked((int)range.Length), out _))
        {
            throw new ArgumentException($"shared area {range} is not RAM", nameof(range));
        }

        this.memory = memory;
        Range = range;
    }

    /// <summary>Where the guest sees the area.</summary>
    public GuestRange Range { get; }

    /// <summary>Publishes a word; everything this thread wrote before is visible to whoever sees it.</summary>
    /// <param name="offset">Bytes from the start, a multiple of 4.</param>
    /// <param name="value">The value.</param>
    public void Write(uint offset, uint value) => Volatile.Write(ref Word(offset), value);

    /// <summary>Reads a word of the guest's, once.</summary>
    public uint Read(uint offset) => Volatile.Read(ref Word(offset));

    private ref uint Word(uint offset)
    {
        if (offset > Range.Length - sizeof(uint) || !memory.TryGetSpan(Range.Start + offset, sizeof(uint), out Span<byte> bytes))
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"offset 0x{offset:x} is beyond the shared area {Range}");
        }

        return ref Unsafe.As<byte, uint>(ref MemoryMarshal.GetReference(bytes));
    }
}
