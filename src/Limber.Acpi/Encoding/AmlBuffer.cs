using System;
using System.Buffers.Binary;

namespace Limber.Acpi;

/// <summary>A growable buffer of bytes with what AML and the ACPI tables consist of; integers are little-endian.</summary>
internal sealed class AmlBuffer
{
    /// <summary>Largest package length and largest field width (ACPI 6.5, 20.2.4): 28 bits.</summary>
    public const int MaxPackageLength = (1 << 28) - 1;

    private const int MinCapacity = 64;

    private byte[] bytes;

    public AmlBuffer(int capacity = MinCapacity) => bytes = new byte[capacity];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes written, to be patched; valid until the next write.</summary>
    public Span<byte> Written => bytes.AsSpan(0, Length);

    public byte[] ToArray() => Written.ToArray();

    public void Byte(byte value) => Reserve(sizeof(byte))[0] = value;

    public void Word(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Reserve(sizeof(ushort)), value);

    public void DWord(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);

    public void QWord(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    public void Zeros(int count) => Reserve(count).Clear();

    /// <summary>Appends a register: 12 bytes (ACPI 6.5, 5.2.3.2).</summary>
    public void Address(GenericAddress value)
    {
        Byte((byte)value.Space);
        Byte(value.BitWidth);
        Byte(value.BitOffset);
        Byte((byte)value.AccessSize);
        QWord(value.Address);
    }

    public void Opcode(AmlOpcode opcode)
    {
        ushort value = (ushort)opcode;
        if (value > byte.MaxValue)
        {
            Byte((byte)(value >> 8));
        }

        Byte((byte)(value & byte.MaxValue));
    }

    /// <summary>
    /// Appends a length as AML packs it (ACPI 6.5, 20.2.4). In a field list the value counts bits and stands for itself; before
    /// a body it counts its own bytes too, see <see cref="PackageLengthAround"/>.
    /// <code>
    /// value &lt; 2^6   one byte: value
    /// otherwise     first byte: bits 7:6 number of bytes that follow, 5:4 zero, 3:0 value[3:0]; then value[11:4], value[19:12], ...
    /// </code>
    /// </summary>
    public void PackageLength(int value)
    {
        int size = PackedSize(value);
        if (size == 1)
        {
            Byte((byte)value);
            return;
        }

        Byte((byte)(((size - 1) << 6) | (value & 0xF)));
        for (int rest = value >> 4, left = size - 1; left > 0; left--, rest >>= 8)
        {
            Byte((byte)(rest & 0xFF));
        }
    }

    /// <summary>Bytes that <see cref="PackageLength"/> needs for a value.</summary>
    /// <exception cref="ArgumentException">The value is negative or above <see cref="MaxPackageLength"/>.</exception>
    public static int PackedSize(int value) => value switch
    {
        < 0 or > MaxPackageLength =>
            throw new ArgumentException($"An AML package length is 0 to {MaxPackageLength}, not {value}.", nameof(value)),
        < 1 << 6 => 1,
        < 1 << 12 => 2,
        < 1 << 20 => 3,
        _ => 4,
    };

    /// <summary>The package length before a body of so many bytes: the body and the length itself.</summary>
    /// <exception cref="ArgumentException">The package would be larger than <see cref="MaxPackageLength"/>.</exception>
    public static int PackageLengthAround(long body)
    {
        if (body is < 0 or > MaxPackageLength - 4)
        {
            throw new ArgumentException($"The body of an AML package is 0 to {MaxPackageLength - 4} bytes, not {body}.", nameof(body));
        }

        int size = PackedSize((int)body);
        // The length's own bytes may lift the sum over the limit of its size: 63 bytes of body need two bytes of length.
        return (int)body + (PackedSize((int)body + size) == size ? size : size + 1);
    }

    private Span<byte> Reserve(int count)
    {
        int end = Length + count;
        if (end > bytes.Length)
        {
            Array.Resize(ref bytes, Math.Max(end, Math.Max(MinCapacity, bytes.Length * 2)));
        }

        Span<byte> space = bytes.AsSpan(Length, count);
        Length = end;
        return space;
    }
}
