using System;

namespace Limber.Servers;

/// <summary>
/// Bytes that grow on demand and give the memory back: a connection that once carried a large message does not
/// keep paying for it. Thread: one at a time.
/// </summary>
internal sealed class ByteBuffer
{
    private const int KeptCapacity = 4096;
    private const int FirstCapacity = 128;

    private byte[] bytes = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, Length);

    public void Append(byte value)
    {
        if (Length == bytes.Length)
        {
            Grow(1);
        }

        bytes[Length++] = value;
    }

    public void Append(ReadOnlySpan<byte> values)
    {
        if (values.Length > bytes.Length - Length)
        {
            Grow(values.Length);
        }

        values.CopyTo(bytes.AsSpan(Length));
        Length += values.Length;
    }

    /// <summary>Empties the buffer; a large array is let go.</summary>
    public void Clear()
    {
        Length = 0;
        if (bytes.Length > KeptCapacity)
        {
            bytes = [];
        }
    }

    /// <summary>A copy of the contents; the buffer is empty afterwards.</summary>
    public byte[] Take()
    {
        byte[] result = Span.ToArray();
        Clear();
        return result;
    }

    private void Grow(int more)
    {
        long needed = (long)Length + more;
        long doubled = Math.Max(FirstCapacity, 2L * bytes.Length);
        Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, doubled)));
    }
}
