using System;

namespace Limber.Acpi;

/// <summary>
/// A register (ACPI 6.5, 5.2.3.2). As bytes: space, width in bits, offset in bits, access size, address (8). The default value,
/// all zeros, says that there is no such register.
/// </summary>
/// <param name="Space">Address space.</param>
/// <param name="BitWidth">Width in bits.</param>
/// <param name="BitOffset">First bit within the access.</param>
/// <param name="AccessSize">Width of an access.</param>
/// <param name="Address">Address within the space.</param>
public readonly record struct GenericAddress(
    RegionSpace Space, byte BitWidth, byte BitOffset, AddressAccessSize AccessSize, ulong Address)
{
    /// <summary>Encoded size in bytes.</summary>
    public const int Size = 12;

    /// <summary>A register in I/O space, accessed whole.</summary>
    /// <param name="port">First port.</param>
    /// <param name="bits">8, 16, 32 or 64.</param>
    public static GenericAddress Io(ushort port, int bits) => Whole(RegionSpace.SystemIO, port, bits);

    /// <summary>A register in guest memory, accessed whole.</summary>
    /// <param name="address">Guest physical address.</param>
    /// <param name="bits">8, 16, 32 or 64.</param>
    public static GenericAddress Memory(ulong address, int bits) => Whole(RegionSpace.SystemMemory, address, bits);

    private static GenericAddress Whole(RegionSpace space, ulong address, int bits) => new(
        space,
        (byte)AmlCheck.Range(bits, 8, 64, "The width of a register in bits", nameof(bits)),
        0,
        bits switch
        {
            8 => AddressAccessSize.Byte,
            16 => AddressAccessSize.Word,
            32 => AddressAccessSize.DWord,
            64 => AddressAccessSize.QWord,
            _ => throw new ArgumentOutOfRangeException(nameof(bits), bits, "The width of a register must be 8, 16, 32 or 64 bits."),
        },
        address);
}
