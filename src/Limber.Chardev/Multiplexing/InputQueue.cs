using System;

namespace Limber.Chardev.Multiplexing;

/// <summary>Bytes that were typed and not taken yet. Grows as needed: whoever fills it looks at <see cref="HasRoom"/> before.</summary>
/// <remarks>Thread: one at a time.</remarks>
internal sealed class InputQueue
{
    // More than anybody types ahead, so that the escape character is still seen while a guest that hangs takes nothing.
    private const int Limit = 4096;

    private byte[] bytes = new byte[Serial.InputGate.MaximumTransfer];
    private int start;

    public int Count { get; private set; }

    /// <summary>False when what is queued is so much that no more should be read from the terminal.</summary>
    public bool HasRoom => Count <= Limit;

    public void Add(ReadOnlySpan<byte> data)
    {
        if (start + Count + data.Length > bytes.Length)
        {
            byte[] target = Count + data.Length > bytes.Length ? new byte[(Count + data.Length) * 2] : bytes;
            bytes.AsSpan(start, Count).CopyTo(target);
            bytes = target;
            start = 0;
        }

        data.CopyTo(bytes.AsSpan(start + Count));
        Count += data.Length;
    }

    /// <summary>Takes the oldest bytes and returns their number, at most the target's length.</summary>
    public int Take(Span<byte> target)
    {
        int length = Math.Min(target.Length, Count);
        bytes.AsSpan(start, length).CopyTo(target);
        start += length;
        Count -= length;
        return length;
    }
}
