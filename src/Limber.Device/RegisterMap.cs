using System;
using System.Buffers.Binary;

namespace Limber.Device;

/// <summary>
/// The register table of a device: turns an access of the bus into reads and writes of whole registers.
/// <code>
/// access                                     result
/// one whole register                         that register
/// several whole registers in a row           each of them, lowest offset first
/// inside one register, which is Partial      part of it
/// inside one register, at its start          InvalidWidth
/// inside one register, elsewhere             Unaligned
/// the end of one and something of the next   Unaligned
/// any byte without a register                InvalidRegister
/// not 1, 2, 4 or 8 bytes                     InvalidWidth
/// </code>
/// An access that isn't Ok as a whole has no effect at all.
/// </summary>
/// <remarks>
/// Two registers may share an offset when one is read only and the other write only.
/// Immutable, so that one static table serves every instance of a device. Thread: any; allocates nothing.
/// Guest-controlled: offset, width and data.
/// </remarks>
/// <typeparam name="TRegister">The device's enumeration of its registers.</typeparam>
public sealed class RegisterMap<TRegister>
    where TRegister : struct
{
    /// <summary>Largest size of a map, in bytes; the table has a word for each.</summary>
    public const int MaximumLength = 0x1000;

    private const short None = -1;

    private readonly RegisterDefinition<TRegister>[] registers;
    private readonly short[] readable;
    private readonly short[] writable;

    /// <param name="length">Bytes of the device's range.</param>
    /// <param name="registers">Its registers; bytes that none of them covers answer InvalidRegister.</param>
    /// <exception cref="ArgumentException">The table contradicts itself.</exception>
    public RegisterMap(int length, params ReadOnlySpan<RegisterDefinition<TRegister>> registers)
    {
        if (length is < 1 or > MaximumLength)
        {
            throw new ArgumentOutOfRangeException(nameof(length), $"register map of {length} bytes, not in 1..{MaximumLength}");
        }

        this.registers = registers.ToArray();
        readable = new short[length];
        writable = new short[length];
        Array.Fill(readable, None);
        Array.Fill(writable, None);
        for (int i = 0; i < registers.Length; i++)
        {
            Declare(registers[i], (short)i);
        }
    }

    /// <summary>Bytes of the device's range.</summary>
    public int Length => readable.Length;

    /// <summary>Reads; <paramref name="data"/> is written only when the result is Ok.</summary>
    public IoStatus Read(IRegisterFile<TRegister> file, ulong offset, Span<byte> data)
    {
        IoStatus status = Resolve(readable, offset, data.Length);
        if (status != IoStatus.Ok)
        {
            return status;
        }

        int position = (int)offset;
        int end = position + data.Length;
        ulong value = 0;
        int filled = 0;
        while (position < end)
        {
            ref readonly RegisterDefinition<TRegister> register = ref registers[readable[position]];
            int skipped = position - register.Offset;
            int taken = Math.Min(register.Width - skipped, end - position);
            ulong part = file.ReadRegister(register.Register) >> (8 * skipped);
            value |= (part & Mask(taken)) << (8 * filled);
            filled += taken;
            position += taken;
        }

        Store(value, data);
        return IoStatus.Ok;
    }

    /// <summary>Writes.</summary>
    public IoStatus Write(IRegisterFile<TRegister> file, ulong offset, ReadOnlySpan<byte> data)
    {
        IoStatus status = Resolve(writable, offset, data.Length);
        if (status != IoStatus.Ok)
        {
            return status;
        }

        int position = (int)offset;
        int end = position + data.Length;
        ulong value = Load(data);
        int used = 0;
        while (position < end)
        {
            ref readonly RegisterDefinition<TRegister> register = ref registers[writable[position]];
            int skipped = position - register.Offset;
            int taken = Math.Min(register.Width - skipped, end - position);
            ulong part = (value >> (8 * used)) & Mask(taken);
            if (taken < register.Width)
            {
                ulong kept = file.ReadRegister(register.Register) & Mask(register.Width) & ~(Mask(taken) << (8 * skipped));
                part = kept | (part << (8 * skipped));
            }

            file.WriteRegister(register.Register, part);
            used += taken;
            position += taken;
        }

        return IoStatus.Ok;
    }

    private IoStatus Resolve(short[] index, ulong offset, int width)
    {
        if (width is not (1 or 2 or 4 or 8))
        {
            return IoStatus.InvalidWidth;
        }

        if (offset >= (ulong)index.Length || width > index.Length - (int)offset)
        {
            return IoStatus.InvalidRegister;
        }

        int position = (int)offset;
        short first = index[position];
        if (first == None)
        {
            return IoStatus.InvalidRegister;
        }

        ref readonly RegisterDefinition<TRegister> register = ref registers[first];
        if (register.Offset == position && register.Width == width)
        {
            return IoStatus.Ok;
        }

        return position + width <= register.Offset + register.Width
            ? ResolveInside(register, position)
            : ResolveSeveral(index, position, position + width);
    }

    private static IoStatus ResolveInside(in RegisterDefinition<TRegister> register, int position)
    {
        if ((register.Access & RegisterAccess.Partial) != 0)
        {
            return IoStatus.Ok;
        }

        return position == register.Offset ? IoStatus.InvalidWidth : IoStatus.Unaligned;
    }

    private IoStatus ResolveSeveral(short[] index, int position, int end)
    {
        while (position < end)
        {
            if (index[position] == None)
            {
                return IoStatus.InvalidRegister;
            }

            ref readonly RegisterDefinition<TRegister> register = ref registers[index[position]];
            if (register.Offset != position || register.Width > end - position)
            {
                return IoStatus.Unaligned;
            }

            position += register.Width;
        }

        return IoStatus.Ok;
    }

    private void Declare(in RegisterDefinition<TRegister> register, short number)
    {
        if (register.Width is not (1 or 2 or 4 or 8))
        {
            throw new ArgumentException($"register {register.Register} is {register.Width} bytes wide, not 1, 2, 4 or 8");
        }

        if (register.Offset < 0 || register.Offset > Length - register.Width)
        {
            throw new ArgumentException(
                $"register {register.Register} at 0x{register.Offset:x} ends beyond the map of 0x{Length:x} bytes");
        }

        if ((register.Access & RegisterAccess.ReadWrite) == 0)
        {
            throw new ArgumentException($"register {register.Register} can be neither read nor written");
        }

        if ((register.Access & (RegisterAccess.Partial | RegisterAccess.ReadWrite)) == (RegisterAccess.Partial | RegisterAccess.Write))
        {
            throw new ArgumentException($"register {register.Register} is write only and so can't be written in part");
        }

        if ((register.Access & RegisterAccess.Read) != 0)
        {
            Claim(readable, register, number);
        }

        if ((register.Access & RegisterAccess.Write) != 0)
        {
            Claim(writable, register, number);
        }
    }

    private void Claim(short[] index, in RegisterDefinition<TRegister> register, short number)
    {
        Span<short> claimed = index.AsSpan(register.Offset, register.Width);
        int taken = claimed.IndexOfAnyExcept(None);
        if (taken >= 0)
        {
            throw new ArgumentException(
                $"register {register.Register} overlaps {registers[claimed[taken]].Register} at 0x{register.Offset + taken:x}");
        }

        claimed.Fill(number);
    }

    private static ulong Mask(int bytes) => ulong.MaxValue >> (64 - (8 * bytes));

    private static ulong Load(ReadOnlySpan<byte> data) => data.Length switch
    {
        1 => data[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(data),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(data),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(data),
    };

    private static void Store(ulong value, Span<byte> data)
    {
        switch (data.Length)
        {
            case 1:
                data[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(data, (ushort)value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(data, (uint)value);
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(data, value);
                break;
        }
    }
}
