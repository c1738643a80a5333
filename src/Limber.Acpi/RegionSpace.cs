namespace Limber.Acpi;

/// <summary>Address spaces of operation regions and registers (ACPI 6.5, 5.2.3.2 and 5.5.2.4).</summary>
public enum RegionSpace : byte
{
    SystemMemory = 0,
    SystemIO = 1,
    PciConfig = 2,
    EmbeddedControl = 3,
    SmBus = 4,
    Cmos = 5,
    PciBarTarget = 6,
    Ipmi = 7,
    GeneralPurposeIO = 8,
    GenericSerialBus = 9,
    PlatformCommunicationChannel = 10,
    FunctionalFixedHardware = 0x7F,
}
