using System;
using System.Numerics;

namespace Limber.Devices.Platform.Serial;

/// <summary>A bounded queue of bytes.</summary>
/// <remarks>Thread: the owner's lock.</remarks>
internal sealed class ByteRing
{
    private readonly byte[] bytes;
    private int first;

    /// <param name="capacity">A power of two.</param>
    public ByteRing(int capacity)
    {
        if (capacity <= 0 || !BitOperations.IsPow2(capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), $"ring of {capacity} bytes is not a power of two");
        }

        bytes = new byte[capacity];
    }

    public int Capacity => bytes.Length;

    public int Count { get; private set; }

    public int Free => bytes.Length - Count;

    /// <summary>Appends a byte; false when the ring is full.</summary>
    public bool TryPush(byte value)
    {
        if (Free == 0)
        {
            return false;
        }

        bytes[(first + Count) & (bytes.Length - 1)] = value;
        Count++;
        return true;
    }

    /// <summary>Appends what fits and returns its length.</summary>
    public int Push(ReadOnlySpan<byte> data)
    {
        int length = Math.Min(data.Length, Free);
        for (int i = 0; i < length; i++)
        {
            TryPush(data[i]);
        }

        return length;
    }

    /// <summary>Takes the oldest byte; false when there is none.</summary>
    public bool TryPop(out byte value)
    {
        value = bytes[first];
        if (Count == 0)
        {
            return false;
        }

        Drop(1);
        return true;
    }

    /// <summary>Copies the oldest bytes without taking them and returns their number.</summary>
    public int Peek(Span<byte> target)
    {
        int length = Math.Min(target.Length, Count);
        int straight = Math.Min(length, bytes.Length - first);
        bytes.AsSpan(first, straight).CopyTo(target);
        bytes.AsSpan(0, length - straight).CopyTo(target[straight..]);
        return length;
    }

    /// <summary>Takes up to <paramref name="count"/> of the oldest bytes.</summary>
    public void Drop(int count)
    {
        int length = Math.Min(count, Count);
        first = (first + length) & (bytes.Length - 1);
        Count -= length;
    }
}
