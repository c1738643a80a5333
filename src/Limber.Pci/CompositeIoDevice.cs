using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Device;

namespace Limber.Pci;

/// <summary>Several devices side by side in one range, such as the parts of a BAR.</summary>
/// <remarks>
/// An access must lie within one part; what lies in no part answers <see cref="IoStatus.InvalidRegister"/>. Immutable. Thread: any.
/// </remarks>
public sealed class CompositeIoDevice : IIoDevice
{
    private readonly ulong[] starts;
    private readonly Part[] parts;

    /// <param name="parts">In any order, not overlapping.</param>
    /// <exception cref="ArgumentException">Two parts overlap, or one is empty.</exception>
    public CompositeIoDevice(params ReadOnlySpan<Part> parts)
    {
        this.parts = [.. parts.ToArray().OrderBy(part => part.Offset)];
        starts = Array.ConvertAll(this.parts, part => part.Offset);
        Check(this.parts);
    }

    /// <summary>One of the devices.</summary>
    /// <param name="Offset">Bytes from the start of the range.</param>
    /// <param name="Length">Bytes, at least 1.</param>
    /// <param name="Device">Who answers; its offsets start at 0.</param>
    public sealed record Part(ulong Offset, ulong Length, IIoDevice Device);

    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data)
    {
        int index = Find(offset, data.Length);
        return index < 0 ? IoStatus.InvalidRegister : parts[index].Device.Read(offset - starts[index], data);
    }

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        int index = Find(offset, data.Length);
        return index < 0 ? IoStatus.InvalidRegister : parts[index].Device.Write(offset - starts[index], data);
    }

    private static void Check(IReadOnlyList<Part> parts)
    {
        ulong end = 0;
        foreach (Part part in parts)
        {
            if (part.Offset < end || part.Length == 0)
            {
                throw new ArgumentException($"part at 0x{part.Offset:x} with length 0x{part.Length:x} is empty or begins before 0x{end:x}");
            }

            end = part.Offset + part.Length;
        }
    }

    private int Find(ulong offset, int length)
    {
        int index = Array.BinarySearch(starts, offset);
        index = index >= 0 ? index : ~index - 1;
        if (index < 0)
        {
            return -1;
        }

        ulong inside = offset - starts[index];
        ulong size = parts[index].Length;
        return inside < size && (ulong)length <= size - inside ? index : -1;
    }
}
