namespace Limber.Acpi;

/// <summary>Width of the accesses to a field (ACPI 6.5, 19.6.48).</summary>
public enum FieldAccess : byte
{
    Any = 0,
    Byte = 1,
    Word = 2,
    DWord = 3,
    QWord = 4,
    Buffer = 5,
}
