using System;

namespace Limber.Acpi;

/// <summary>Flags of a processor in the MADT (ACPI 6.5, table 5.21).</summary>
[Flags]
public enum ProcessorState : uint
{
    /// <summary>Absent, and can't come.</summary>
    None = 0,

    /// <summary>Present at boot.</summary>
    Enabled = 1 << 0,

    /// <summary>Absent at boot, can be plugged later. Reserved, hence 0, for an enabled processor.</summary>
    OnlineCapable = 1 << 1,
}
