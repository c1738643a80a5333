namespace Limber.Devices.Platform;

/// <summary>
/// Where the platform devices sit in the I/O port space.
/// <code>
/// 0x060, 0x064  keyboard controller       0x3f8, 0x2f8, 0x3e8, 0x2e8  COM1..COM4, 8 each
/// 0x070, 0x071  real-time clock           0x600..0x601  ACPI sleep control and status
/// 0x080         POST code                 0x602         ACPI reset
/// 0x092         system control port A     0x608..0x60b  ACPI PM timer
///                                         0x620..0x627  processor hotplug doorbell
///                                         0x628..0x62b  PCI hotplug doorbell
///                                         0x62c..0x62f  memory hotplug doorbell
/// </code>
/// </summary>
public static class PlatformPorts
{
    /// <summary>Keyboard controller: data.</summary>
    public const ushort KeyboardData = 0x60;

    /// <summary>Keyboard controller: command and status.</summary>
    public const ushort KeyboardCommand = 0x64;

    /// <summary>Real-time clock: index, then data.</summary>
    public const ushort Rtc = 0x70;

    /// <summary>Number of ports of the real-time clock.</summary>
    public const ushort RtcLength = 2;

    /// <summary>POST codes.</summary>
    public const ushort Debug = 0x80;

    /// <summary>System control port A, with the fast reset.</summary>
    public const ushort SystemControlA = 0x92;

    /// <summary>Number of ports of a serial port.</summary>
    public const ushort SerialLength = 8;

    /// <summary>ACPI sleep control register, 8 bits.</summary>
    public const ushort SleepControl = 0x600;

    /// <summary>ACPI sleep status register, 8 bits.</summary>
    public const ushort SleepStatus = 0x601;

    /// <summary>ACPI reset register, 8 bits.</summary>
    public const ushort Reset = 0x602;

    /// <summary>ACPI PM timer, 32 bits.</summary>
    public const ushort PmTimer = 0x608;

    /// <summary>Processor hotplug doorbell.</summary>
    public const ushort CpuHotplugDoorbell = 0x620;

    /// <summary>Number of ports of the processor hotplug doorbell.</summary>
    public const ushort CpuHotplugDoorbellLength = 8;

    /// <summary>PCI hotplug doorbell, 32 bits.</summary>
    public const ushort PciHotplugDoorbell = 0x628;

    /// <summary>Memory hotplug doorbell, 32 bits.</summary>
    public const ushort MemoryHotplugDoorbell = 0x62C;
}
