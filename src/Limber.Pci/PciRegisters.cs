namespace Limber.Pci;

/// <summary>Configuration space header, as PCI Local Bus 3.0 (6.1, 6.2) and PCI-to-PCI Bridge 1.2 (3.2) name it.</summary>
internal static class PciRegisters
{
    public const int ConfigurationSize = 4096;
    public const int LegacySize = 256;

    public const int VendorId = 0x00;
    public const int DeviceId = 0x02;
    public const int Command = 0x04;
    public const int Status = 0x06;
    public const int Revision = 0x08;
    public const int ProgrammingInterface = 0x09;
    public const int SubClass = 0x0A;
    public const int CacheLineSize = 0x0C;
    public const int HeaderType = 0x0E;
    public const int BaseAddress0 = 0x10;
    public const int BaseAddressEnd = 0x28;
    public const int SubsystemVendorId = 0x2C;
    public const int SubsystemId = 0x2E;
    public const int CapabilitiesPointer = 0x34;
    public const int InterruptLine = 0x3C;
    public const int InterruptPin = 0x3D;
    public const int HeaderEnd = 0x40;

    public const int PrimaryBus = 0x18;
    public const int SecondaryBus = 0x19;
    public const int SubordinateBus = 0x1A;
    public const int IoBase = 0x1C;
    public const int IoLimit = 0x1D;
    public const int SecondaryStatus = 0x1E;
    public const int MemoryBase = 0x20;
    public const int MemoryLimit = 0x22;
    public const int PrefetchableBase = 0x24;
    public const int PrefetchableLimit = 0x26;
    public const int PrefetchableBaseUpper = 0x28;
    public const int PrefetchableLimitUpper = 0x2C;
    public const int IoBaseUpper = 0x30;
    public const int IoLimitUpper = 0x32;
    public const int BridgeControl = 0x3E;

    public const ushort CommandIo = 1 << 0;
    public const ushort CommandMemory = 1 << 1;
    public const ushort CommandBusMaster = 1 << 2;
    public const ushort CommandParityResponse = 1 << 6;
    public const ushort CommandSystemError = 1 << 8;
    public const ushort CommandInterruptDisable = 1 << 10;

    public const ushort CommandWritable =
        CommandIo | CommandMemory | CommandBusMaster | CommandParityResponse | CommandSystemError | CommandInterruptDisable;

    public const ushort StatusInterrupt = 1 << 3;
    public const ushort StatusCapabilities = 1 << 4;

    // The error bits, which a write of one clears.
    public const ushort StatusErrors = 0xF900;

    public const byte HeaderMultiFunction = 0x80;
    public const byte HeaderBridge = 0x01;

    public const ushort BridgeControlSecondaryReset = 1 << 6;

    // Parity, SERR#, ISA, VGA, VGA 16 bit, secondary bus reset.
    public const ushort BridgeControlWritable = 0x5F;

    public const uint BarIo = 0x1;
    public const uint BarMemory64 = 0x4;
    public const uint BarPrefetchable = 0x8;

    public const byte CapabilityMsix = 0x11;
    public const byte CapabilityExpress = 0x10;
    public const byte CapabilitySubsystem = 0x0D;
}
