using System;
using System.Buffers.Binary;
using System.Threading;

namespace Limber.Virtio;

/// <summary>The device-specific configuration as bytes, little-endian (VIRTIO 1.2, 2.5).</summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf. Allocates nothing.</remarks>
public sealed class VirtioConfigSpace
{
    private readonly Lock gate = new();
    private readonly byte[] bytes;
    private readonly byte[] writable;
    private int generation;

    /// <param name="length">Bytes; may be 0.</param>
    public VirtioConfigSpace(int length)
    {
        bytes = new byte[length];
        writable = new byte[length];
    }

    /// <summary>Bytes.</summary>
    public int Length => bytes.Length;

    /// <summary>Changes with every change by the device, so that a driver that reads several fields sees whether they belong together.</summary>
    public byte Generation => unchecked((byte)Volatile.Read(ref generation));

    /// <summary>Lets the driver write these bytes; all others ignore writes.</summary>
    public void AllowWrites(int offset, int length) => writable.AsSpan(offset, length).Fill(0xff);

    /// <summary>Reads; false when the range is not inside.</summary>
    public bool TryRead(ulong offset, Span<byte> data)
    {
        if (!Contains(offset, data.Length))
        {
            return false;
        }

        lock (gate)
        {
            bytes.AsSpan((int)offset, data.Length).CopyTo(data);
        }

        return true;
    }

    /// <summary>A write of the driver; false when the range is not inside.</summary>
    public bool TryWriteByDriver(ulong offset, ReadOnlySpan<byte> data)
    {
        if (!Contains(offset, data.Length))
        {
            return false;
        }

        lock (gate)
        {
            for (int i = 0; i < data.Length; i++)
            {
                byte mask = writable[(int)offset + i];
                bytes[(int)offset + i] = (byte)((bytes[(int)offset + i] & ~mask) | (data[i] & mask));
            }
        }

        return true;
    }

    /// <summary>A change by the device.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside.</exception>
    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            data.CopyTo(bytes.AsSpan(offset, data.Length));
            generation = unchecked(generation + 1);
        }
    }

    /// <inheritdoc cref="Write"/>
    public void WriteUInt16(int offset, ushort value)
    {
        Span<byte> data = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(data, value);
        Write(offset, data);
    }

    /// <inheritdoc cref="Write"/>
    public void WriteUInt32(int offset, uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        Write(offset, data);
    }

    /// <inheritdoc cref="Write"/>
    public void WriteUInt64(int offset, ulong value)
    {
        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        Write(offset, data);
    }

    /// <summary>A field as it is now, also as the driver wrote it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside.</exception>
    public uint ReadUInt32(int offset)
    {
        lock (gate)
        {
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset, 4));
        }
    }

    private bool Contains(ulong offset, int length) =>
        offset <= (ulong)bytes.Length && (ulong)length <= (ulong)bytes.Length - offset;
}
