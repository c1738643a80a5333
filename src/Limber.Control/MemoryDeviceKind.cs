namespace Limber.Control;

/// <summary>Kinds of memory devices.</summary>
public enum MemoryDeviceKind
{
    /// <summary>A module in a DIMM slot, all there or not at all.</summary>
    Dimm,

    /// <summary>A virtio-mem device, of which the guest uses a part.</summary>
    VirtioMem,
}
