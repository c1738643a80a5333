using System;
using Limber.Interop;

namespace Limber.VirtioDevices.Vsock;

/// <summary>Bytes of the guest that a socket has not taken yet: a ring of fixed size, allocated when first needed.</summary>
/// <remarks>Thread: the device's loop.</remarks>
internal sealed unsafe class VsockBuffer
{
    private byte[]? bytes;
    private int first;

    /// <param name="capacity">Most bytes.</param>
    public VsockBuffer(int capacity) => Capacity = capacity;

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>Adds; the caller has seen to it that there is room.</summary>
    public void Add(ReadOnlySpan<byte> data)
    {
        bytes ??= GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
        int at = (first + Count) % Capacity;
        int part = Math.Min(data.Length, Capacity - at);
        data[..part].CopyTo(bytes.AsSpan(at));
        data[part..].CopyTo(bytes);
        Count += data.Length;
    }

    /// <summary>The bytes in order, in at most two pieces; they do not move.</summary>
    public int GetVectors(Span<IoVector> vectors)
    {
        if (bytes is null || Count == 0)
        {
            return 0;
        }

        int part = Math.Min(Count, Capacity - first);
        fixed (byte* start = bytes)
        {
            vectors[0] = new IoVector((nint)(start + first), (nuint)part);
            if (part == Count)
            {
                return 1;
            }

            vectors[1] = new IoVector((nint)start, (nuint)(Count - part));
            return 2;
        }
    }

    /// <summary>Forgets everything and gives the memory back.</summary>
    public void Clear()
    {
        bytes = null;
        first = 0;
        Count = 0;
    }

    /// <summary>Removes from the start.</summary>
    public void Remove(int count)
    {
        first = (first + count) % Capacity;
        Count -= count;
    }
}
