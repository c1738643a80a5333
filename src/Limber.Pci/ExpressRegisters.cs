namespace Limber.Pci;

/// <summary>PCI Express capability, version 2: offsets from its start and bits (PCIe 6.0, 7.5.3).</summary>
internal static class ExpressRegisters
{
    public const int Length = 0x3C;

    public const int Capabilities = 0x02;
    public const int DeviceCapabilities = 0x04;
    public const int DeviceControl = 0x08;
    public const int DeviceStatus = 0x0A;
    public const int LinkCapabilities = 0x0C;
    public const int LinkControl = 0x10;
    public const int LinkStatus = 0x12;
    public const int SlotCapabilities = 0x14;
    public const int SlotControl = 0x18;
    public const int SlotStatus = 0x1A;
    public const int LinkCapabilities2 = 0x2C;
    public const int LinkControl2 = 0x30;

    public const ushort Version2 = 2;
    public const int TypeShift = 4;
    public const ushort TypeMask = 0xF0;
    public const ushort TypeEndpoint = 0;
    public const ushort TypeRootPort = 4;
    public const ushort TypeIntegratedEndpoint = 9;
    public const ushort SlotImplemented = 1 << 8;

    // Error reporting depends on the role of the function; required since PCIe 1.1.
    public const uint DeviceRoleBasedErrors = 1u << 15;
    public const ushort DeviceControlPowerOn = 0x2810;
    public const ushort DeviceControlWritable = 0x7FFF;
    public const ushort DeviceStatusErrors = 0x000F;

    public const uint Speed16 = 4;
    public const uint Width16 = 16u << 4;
    public const uint LinkActiveReporting = 1u << 20;
    public const int PortNumberShift = 24;

    // 2.5, 5, 8 and 16 GT/s.
    public const uint SupportedSpeeds = 0x1E;

    public const ushort LinkControlWritable = 0x00DB;
    public const ushort LinkDisable = 1 << 4;
    public const ushort LinkStatusSlotClock = 1 << 12;
    public const ushort LinkStatusActive = 1 << 13;
    public const ushort LinkStatusUp = (ushort)(Speed16 | Width16) | LinkStatusActive;

    public const uint SlotAttentionButton = 1u << 0;
    public const uint SlotPowerController = 1u << 1;
    public const uint SlotAttentionIndicator = 1u << 3;
    public const uint SlotPowerIndicator = 1u << 4;
    public const uint SlotHotplugCapable = 1u << 6;
    public const uint SlotNoCommandCompleted = 1u << 18;
    public const int SlotNumberShift = 19;
    public const int MaximumSlotNumber = 0x1FFF;

    public const ushort EnableAttentionButton = 1 << 0;
    public const ushort EnablePresenceChange = 1 << 3;
    public const ushort EnableHotplugInterrupt = 1 << 5;
    public const ushort EnableLinkChange = 1 << 12;
    public const ushort AttentionIndicatorMask = 3 << 6;
    public const ushort AttentionIndicatorOn = 1 << 6;
    public const ushort AttentionIndicatorOff = 3 << 6;
    public const ushort PowerIndicatorMask = 3 << 8;
    public const ushort PowerIndicatorOn = 1 << 8;
    public const ushort PowerIndicatorBlink = 2 << 8;
    public const ushort PowerIndicatorOff = 3 << 8;
    public const ushort PowerOff = 1 << 10;

    // Enables and indicators; the power controller's bit comes with a power controller.
    public const ushort SlotControlWritable = 0x13FF;

    public const ushort AttentionPressed = 1 << 0;
    public const ushort PresenceChanged = 1 << 3;
    public const ushort PresenceDetected = 1 << 6;
    public const ushort LinkChanged = 1 << 8;
    public const ushort SlotEvents = AttentionPressed | PresenceChanged | LinkChanged;
}
