using System;

namespace Limber.Acpi;

/// <summary>IA-PC boot architecture flags of the FADT (ACPI 6.5, table 5.11).</summary>
[Flags]
public enum IaPcBootArchitecture : ushort
{
    None = 0,
    LegacyDevices = 1 << 0,
    KeyboardController8042 = 1 << 1,
    VgaNotPresent = 1 << 2,
    MsiNotSupported = 1 << 3,
    PcieAspmControls = 1 << 4,
    CmosRtcNotPresent = 1 << 5,
}
