namespace Limber.Control;

/// <summary>Why the machine refused a request. Front ends turn it into the text and class of their dialect.</summary>
public enum VmErrorCode
{
    /// <summary>None of the others; the message says all there is.</summary>
    Failed,

    /// <summary>The processor index is not below the configured maximum.</summary>
    CpuIndexOutOfRange,

    /// <summary>A processor occupies the slot already.</summary>
    CpuSlotOccupied,

    /// <summary>No processor occupies the slot.</summary>
    CpuSlotEmpty,

    /// <summary>Processor 0 can't be removed: the guest's ACPI has no way to eject it.</summary>
    BootCpu,

    /// <summary>A device with the same id exists.</summary>
    DuplicateId,

    /// <summary>No device has the id.</summary>
    DeviceNotFound,

    /// <summary>The machine's run state does not allow the request.</summary>
    InvalidState,

    /// <summary>An earlier removal of the same target is still pending and the caller asked not to repeat it.</summary>
    RemovalPending,

    /// <summary>No bus has the name.</summary>
    BusNotFound,

    /// <summary>A device is in the slot already.</summary>
    SlotOccupied,

    /// <summary>The bus is full.</summary>
    NoFreeSlot,

    /// <summary>The bus, the slot or the kind of device does not allow plugging while the guest runs.</summary>
    HotplugNotSupported,

    /// <summary>No backend has the name.</summary>
    BackendNotFound,

    /// <summary>Another device uses the backend.</summary>
    BackendInUse,

    /// <summary>A value of the device's or backend's configuration is not allowed; the message names it and its limits.</summary>
    InvalidDevice,

    /// <summary>Memory devices would have more than the maximum, or no gap is large enough; the message says how much is left.</summary>
    NoMemorySpace,

    /// <summary>The hypervisor or the host refused (out of memory, out of descriptors, ...).</summary>
    HostFailure,
}
