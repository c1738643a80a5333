using System;
using System.Buffers.Binary;
using System.Threading;

namespace Limber.Pci;

/// <summary>
/// The 4,096 bytes of configuration space of a function, with what a guest's write does to each bit.
/// <code>
///   bit of the write mask   bit of the clear mask   a guest's write
///   0                       0                       changes nothing
///   1                       0                       stores the bit
///   0                       1                       of a one clears the bit
/// </code>
/// </summary>
/// <remarks>
/// Thread: any. Lock order: <see cref="gate"/> is a leaf. Guest-controlled: offset, width and value; none of them throws.
/// </remarks>
public sealed class PciConfigSpace
{
    private const int FirstCapability = 0x40;
    private const int FirstExtendedCapability = 0x100;
    private const uint Ones = uint.MaxValue;

    private readonly Lock gate = new();
    private readonly byte[] values = new byte[PciRegisters.ConfigurationSize];
    private readonly byte[] writable = new byte[PciRegisters.ConfigurationSize];
    private readonly byte[] clearable = new byte[PciRegisters.ConfigurationSize];
    private byte[]? powerOn;
    private int nextCapability = FirstCapability;
    private int lastCapability = -1;
    private int nextExtendedCapability = FirstExtendedCapability;
    private int lastExtendedCapability = -1;

    /// <summary>What the guest reads; ones beyond the end and for widths other than 1, 2 and 4.</summary>
    public uint Read(int offset, int width)
    {
        if (!IsInside(offset, width))
        {
            return Ones;
        }

        lock (gate)
        {
            return Load(offset, width);
        }
    }

    /// <summary>Does what the guest's write does; nothing beyond the end and for widths other than 1, 2 and 4.</summary>
    public void Write(int offset, int width, uint value)
    {
        if (!IsInside(offset, width))
        {
            return;
        }

        lock (gate)
        {
            for (int i = 0; i < width; i++)
            {
                byte written = unchecked((byte)(value >> (8 * i)));
                ref byte place = ref values[offset + i];
                byte stored = writable[offset + i];
                place = unchecked((byte)((place & ~stored) | (written & stored)));
                place = unchecked((byte)(place & ~(written & clearable[offset + i])));
            }
        }
    }

    /// <summary>The device's own view of a byte.</summary>
    public byte GetByte(int offset) => (byte)Get(offset, 1);

    /// <summary>The device's own view of a word.</summary>
    public ushort GetUInt16(int offset) => (ushort)Get(offset, 2);

    /// <summary>The device's own view of a double word.</summary>
    public uint GetUInt32(int offset) => Get(offset, 4);

    /// <summary>Sets a byte, whatever the masks say.</summary>
    public void SetByte(int offset, byte value) => Set(offset, 1, value);

    /// <summary>Sets a word, whatever the masks say.</summary>
    public void SetUInt16(int offset, ushort value) => Set(offset, 2, value);

    /// <summary>Sets a double word, whatever the masks say.</summary>
    public void SetUInt32(int offset, uint value) => Set(offset, 4, value);

    /// <summary>Changes some bits of a word in one step.</summary>
    /// <returns>The word before.</returns>
    public ushort Change(int offset, ushort clear, ushort set)
    {
        Check(offset, 2);
        lock (gate)
        {
            ushort before = (ushort)Load(offset, 2);
            Store(offset, 2, unchecked((uint)((before & ~clear) | set)));
            return before;
        }
    }

    /// <summary>Declares which bits a guest's write stores.</summary>
    public void SetWritable(int offset, int width, uint mask) => SetMask(writable, offset, width, mask);

    /// <summary>Declares which bits a guest clears by writing ones.</summary>
    public void SetClearable(int offset, int width, uint mask) => SetMask(clearable, offset, width, mask);

    /// <summary>Adds a capability at the end of the list (PCI 3.0, 6.7).</summary>
    /// <param name="id">Capability id.</param>
    /// <param name="body">What follows id and next pointer; values at power-on.</param>
    /// <param name="writeMask">The bits of <paramref name="body"/> that the guest stores; as long, or empty for none.</param>
    /// <returns>Offset of the id.</returns>
    /// <exception cref="InvalidOperationException">There is no room left.</exception>
    public int AddCapability(byte id, ReadOnlySpan<byte> body, ReadOnlySpan<byte> writeMask)
    {
        const int HeaderLength = 2;
        lock (gate)
        {
            int offset = nextCapability;
            int end = AlignUp(offset + HeaderLength + body.Length);
            CheckRoom("capability", id, end, PciRegisters.LegacySize);
            values[offset] = id;
            Fill(offset + HeaderLength, body, writeMask);
            values[lastCapability < 0 ? PciRegisters.CapabilitiesPointer : lastCapability + 1] = (byte)offset;
            values[PciRegisters.Status] |= (byte)PciRegisters.StatusCapabilities;
            lastCapability = offset;
            nextCapability = end;
            return offset;
        }
    }

    /// <summary>
    /// Puts a capability at a place of the caller's, who links it into the list: for functions whose drivers know where it is.
    /// </summary>
    /// <param name="offset">Where its id goes; not in the header.</param>
    /// <param name="id">Capability id.</param>
    /// <param name="body">What follows id and next pointer; values at power-on.</param>
    /// <param name="writeMask">The bits of <paramref name="body"/> that the guest stores; as long, or empty for none.</param>
    /// <exception cref="InvalidOperationException">It does not fit there.</exception>
    public void PlaceCapability(int offset, byte id, ReadOnlySpan<byte> body, ReadOnlySpan<byte> writeMask)
    {
        const int HeaderLength = 2;
        if (offset < FirstCapability)
        {
            throw new InvalidOperationException($"capability 0x{id:x} at 0x{offset:x} would be in the header");
        }

        lock (gate)
        {
            CheckRoom("capability", id, offset + HeaderLength + body.Length, PciRegisters.LegacySize);
            values[offset] = id;
            Fill(offset + HeaderLength, body, writeMask);
        }
    }

    /// <summary>Adds an extended capability at the end of the list (PCIe 6.0, 7.6).</summary>
    /// <param name="id">Extended capability id.</param>
    /// <param name="version">1..15.</param>
    /// <param name="body">What follows the header; values at power-on.</param>
    /// <param name="writeMask">The bits of <paramref name="body"/> that the guest stores; as long, or empty for none.</param>
    /// <returns>Offset of the header.</returns>
    /// <exception cref="InvalidOperationException">There is no room left.</exception>
    public int AddExtendedCapability(ushort id, byte version, ReadOnlySpan<byte> body, ReadOnlySpan<byte> writeMask)
    {
        const int HeaderLength = 4;
        const int NextShift = 20;
        lock (gate)
        {
            int offset = nextExtendedCapability;
            int end = AlignUp(offset + HeaderLength + body.Length);
            CheckRoom("extended capability", id, end, PciRegisters.ConfigurationSize);
            Store(offset, 4, id | ((uint)(version & 0xF) << 16));
            Fill(offset + HeaderLength, body, writeMask);
            if (lastExtendedCapability >= 0)
            {
                Store(lastExtendedCapability, 4, Load(lastExtendedCapability, 4) | ((uint)offset << NextShift));
            }

            lastExtendedCapability = offset;
            nextExtendedCapability = end;
            return offset;
        }
    }

    /// <summary>Remembers the present values as those of power-on.</summary>
    internal void Seal()
    {
        lock (gate)
        {
            powerOn = (byte[])values.Clone();
        }
    }

    /// <summary>Remembers the present value of one byte as that of power-on.</summary>
    internal void SealByte(int offset)
    {
        lock (gate)
        {
            if (powerOn is not null)
            {
                powerOn[offset] = values[offset];
            }
        }
    }

    /// <summary>Returns to the values of power-on.</summary>
    internal void Reset()
    {
        lock (gate)
        {
            powerOn?.CopyTo(values.AsSpan());
        }
    }

    private static bool IsInside(int offset, int width) =>
        width is 1 or 2 or 4 && offset >= 0 && offset <= PciRegisters.ConfigurationSize - width;

    private static void Check(int offset, int width)
    {
        if (!IsInside(offset, width))
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"{width} bytes at 0x{offset:x} are not in a configuration space of {PciRegisters.ConfigurationSize} bytes");
        }
    }

    private static int AlignUp(int offset) => (offset + 3) & ~3;

    private static void CheckRoom(string what, int id, int end, int limit)
    {
        if (end > limit)
        {
            throw new InvalidOperationException($"{what} 0x{id:x} would end at 0x{end:x}, beyond 0x{limit:x}");
        }
    }

    private uint Get(int offset, int width)
    {
        Check(offset, width);
        lock (gate)
        {
            return Load(offset, width);
        }
    }

    private void Set(int offset, int width, uint value)
    {
        Check(offset, width);
        lock (gate)
        {
            Store(offset, width, value);
        }
    }

    private void SetMask(byte[] mask, int offset, int width, uint bits)
    {
        Check(offset, width);
        lock (gate)
        {
            for (int i = 0; i < width; i++)
            {
                mask[offset + i] = unchecked((byte)(bits >> (8 * i)));
            }
        }
    }

    private void Fill(int offset, ReadOnlySpan<byte> body, ReadOnlySpan<byte> writeMask)
    {
        if (!writeMask.IsEmpty && writeMask.Length != body.Length)
        {
            throw new ArgumentException($"write mask of {writeMask.Length} bytes for a capability of {body.Length}", nameof(writeMask));
        }

        body.CopyTo(values.AsSpan(offset));
        writeMask.CopyTo(writable.AsSpan(offset));
    }

    private uint Load(int offset, int width)
    {
        ReadOnlySpan<byte> place = values.AsSpan(offset, width);
        return width switch
        {
            1 => place[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(place),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(place),
        };
    }

    private void Store(int offset, int width, uint value)
    {
        for (int i = 0; i < width; i++)
        {
            values[offset + i] = unchecked((byte)(value >> (8 * i)));
        }
    }
}
