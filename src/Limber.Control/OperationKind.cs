namespace Limber.Control;

/// <summary>What a hotplug operation does.</summary>
public enum OperationKind
{
    /// <summary>Plug a processor in.</summary>
    CpuPlug,

    /// <summary>Take a processor out.</summary>
    CpuUnplug,

    /// <summary>Have the guest use processors that were plugged in, by its agent.</summary>
    CpuOnline,

    /// <summary>Plug a PCI device in.</summary>
    DevicePlug,

    /// <summary>Take a PCI device out.</summary>
    DeviceUnplug,

    /// <summary>Plug a DIMM in.</summary>
    MemoryPlug,

    /// <summary>Take a DIMM out.</summary>
    MemoryUnplug,

    /// <summary>Change how much of a virtio-mem device the guest uses.</summary>
    MemoryResize,
}
