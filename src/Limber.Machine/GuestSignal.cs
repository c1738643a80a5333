using System.Collections.Generic;

namespace Limber.Machine;

/// <summary>What the guest said about something that can be plugged.</summary>
internal enum GuestSignalKind
{
    /// <summary>It ejected a processor.</summary>
    Ejected,

    /// <summary>It reported the status of an event for a processor.</summary>
    Status,

    /// <summary>It ejected what is in a PCI slot.</summary>
    DeviceEjected,

    /// <summary>It reported the status of an event for a PCI slot.</summary>
    DeviceStatus,

    /// <summary>It uses the device behind a root port.</summary>
    DeviceEnabled,

    /// <summary>It no longer uses the device behind a root port.</summary>
    DeviceReleased,

    /// <summary>It ejected a DIMM.</summary>
    DimmEjected,

    /// <summary>It reported the status of an event for a DIMM.</summary>
    DimmStatus,

    /// <summary>It uses more or less of a virtio-mem device.</summary>
    MemorySizeChanged,

    /// <summary>It gave memory to the balloon, or took some back.</summary>
    BalloonChanged,
}

/// <summary>One thing the guest said.</summary>
/// <param name="Kind">What.</param>
/// <param name="Index">
/// Slot of the processor or DIMM, or number of the PCI slot as <see cref="Devices.Platform.PciHotplug.PciHotplugController"/> counts; else 0.
/// </param>
/// <param name="SourceEvent">Of a status.</param>
/// <param name="Status">Of a status.</param>
internal readonly record struct GuestSignal(GuestSignalKind Kind, int Index, uint SourceEvent, uint Status);

/// <summary>Everything vCPU threads reported since the last time, hotplug in its order.</summary>
internal sealed record GuestSignalBatch(IReadOnlyList<GuestSignal> Hotplug, bool Reset, bool PowerOff, string? Failure);
