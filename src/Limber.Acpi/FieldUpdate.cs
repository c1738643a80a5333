namespace Limber.Acpi;

/// <summary>What is written to the bits of an access unit that do not belong to the field.</summary>
public enum FieldUpdate : byte
{
    /// <summary>What they are: a write then reads first.</summary>
    Preserve = 0,
    WriteAsOnes = 1,
    WriteAsZeros = 2,
}
