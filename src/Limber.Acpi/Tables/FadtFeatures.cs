using System;

namespace Limber.Acpi;

/// <summary>Fixed feature flags of the FADT (ACPI 6.5, table 5.10).</summary>
[Flags]
public enum FadtFeatures : uint
{
    None = 0,
    Wbinvd = 1 << 0,
    WbinvdFlush = 1 << 1,
    ProcessorC1 = 1 << 2,
    C2OnMultiprocessor = 1 << 3,
    ControlMethodPowerButton = 1 << 4,
    ControlMethodSleepButton = 1 << 5,
    RtcWakeNotFixed = 1 << 6,
    RtcWakesFromS4 = 1 << 7,

    /// <summary>The PM timer has 32 bits instead of 24.</summary>
    PmTimer32Bit = 1 << 8,
    Dockable = 1 << 9,

    /// <summary>The reset register can be used.</summary>
    ResetRegister = 1 << 10,
    SealedCase = 1 << 11,
    Headless = 1 << 12,
    CpuSoftwareSleep = 1 << 13,
    PciExpressWake = 1 << 14,
    UsePlatformClock = 1 << 15,
    S4RtcStatusValid = 1 << 16,
    RemotePowerOnCapable = 1 << 17,
    ForceApicClusterModel = 1 << 18,
    ForceApicPhysicalDestinationMode = 1 << 19,

    /// <summary>There is no fixed hardware: no PM1 blocks, no SCI, no FACS; events come through a generic event device.</summary>
    HardwareReduced = 1 << 20,
    LowPowerS0Idle = 1 << 21,
}
