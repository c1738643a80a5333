using System;

namespace Limber.Virtio;

/// <summary>Bits of the device status register (VIRTIO 1.2, 2.1).</summary>
[Flags]
public enum VirtioStatus
{
    None = 0,
    Acknowledge = 1,
    Driver = 2,
    DriverOk = 4,
    FeaturesOk = 8,
    DeviceNeedsReset = 64,
    Failed = 128,
}
