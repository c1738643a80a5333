namespace Limber.Acpi;

/// <summary>Types of objects (ACPI 6.5, 19.6.97, values of ObjectType).</summary>
public enum AmlObjectType : byte
{
    Unknown = 0,
    Integer = 1,
    String = 2,
    Buffer = 3,
    Package = 4,
    FieldUnit = 5,
    Device = 6,
    Event = 7,
    Method = 8,
    Mutex = 9,
    OperationRegion = 10,
    PowerResource = 11,
    Processor = 12,
    ThermalZone = 13,
    BufferField = 14,
}
