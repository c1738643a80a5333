namespace Limber.Acpi;

/// <summary>Width of the accesses to a register.</summary>
public enum AddressAccessSize : byte
{
    Undefined = 0,
    Byte = 1,
    Word = 2,
    DWord = 3,
    QWord = 4,
}
