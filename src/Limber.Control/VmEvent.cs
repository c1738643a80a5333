using System;

namespace Limber.Control;

/// <summary>Something that happened to the machine. Events are delivered in the order they happened.</summary>
public abstract record VmEvent
{
    private protected VmEvent() { }

    /// <summary>When it happened, host wall-clock time.</summary>
    public DateTimeOffset Timestamp { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>Processors stopped.</summary>
    public sealed record Stopped : VmEvent;

    /// <summary>Processors run (again).</summary>
    public sealed record Resumed : VmEvent;

    /// <summary>The machine was reset.</summary>
    public sealed record Reset(bool ByGuest, ShutdownReason Reason) : VmEvent;

    /// <summary>The machine goes down.</summary>
    public sealed record Shutdown(bool ByGuest, ShutdownReason Reason) : VmEvent;

    /// <summary>The power button was pressed.</summary>
    public sealed record PowerButtonPressed : VmEvent;

    /// <summary>The guest was told that its set of processors is to change (StratoVirt's CPU_RESIZE).</summary>
    public sealed record CpuResizeNotified(int CpuIndex) : VmEvent;

    /// <summary>A removal is complete.</summary>
    public sealed record DeviceDeleted(string? Id, string Path) : VmEvent;

    /// <summary>The guest reported status by <c>_OST</c> (QEMU's ACPI_DEVICE_OST).</summary>
    /// <param name="Id">Id of the device in the slot at that moment, or null.</param>
    /// <param name="Slot">Slot index.</param>
    /// <param name="Source">Source event: 1 device check, 3 eject request, 0x103 ejection processing ...</param>
    /// <param name="Status">Status code: 0 success ...</param>
    public sealed record AcpiDeviceOst(string? Id, int Slot, uint Source, uint Status) : VmEvent
    {
        /// <summary>What the slot is for.</summary>
        public DeviceClass Class { get; init; }
    }

    /// <summary>A device was plugged in.</summary>
    public sealed record DevicePlugged(DeviceInfo Device) : VmEvent;

    /// <summary>A port of a console device was plugged in.</summary>
    /// <param name="Id">The user's id, or null.</param>
    public sealed record PortPlugged(string? Id) : VmEvent;

    /// <summary>The guest opened or closed a port of a console device; told at a limited rate.</summary>
    /// <param name="Id">The port's id.</param>
    /// <param name="Open">Somebody in the guest listens.</param>
    public sealed record PortChanged(string Id, bool Open) : VmEvent;

    /// <summary>A device's back end failed; the guest gets I/O errors and the machine goes on.</summary>
    /// <param name="Device">The device.</param>
    /// <param name="Operation"><c>read</c>, <c>write</c>, <c>flush</c>, <c>connection</c> ...</param>
    /// <param name="Reason">The cause in words.</param>
    /// <param name="NoSpace">The host has no space left.</param>
    public sealed record DeviceFailed(DeviceInfo Device, string Operation, string Reason, bool NoSpace) : VmEvent;

    /// <summary>The guest refused a removal.</summary>
    public sealed record DeviceUnplugGuestError(string? Id, string Path) : VmEvent
    {
        /// <summary>What the device is.</summary>
        public DeviceClass Class { get; init; }

        /// <summary>The guest's reason in words, or null.</summary>
        public string? Reason { get; init; }
    }

    /// <summary>A DIMM was plugged in.</summary>
    public sealed record MemoryDevicePlugged(MemoryDeviceInfo Device) : VmEvent;

    /// <summary>
    /// The host has lost a part of the guest's memory (the file behind it was cut off): zeros take its place, and the machine goes on.
    /// </summary>
    /// <param name="Device">The memory.</param>
    /// <param name="Reason">The cause in words.</param>
    public sealed record MemoryLost(MemoryDeviceInfo Device, string Reason) : VmEvent;

    /// <summary>A guest changed how much of a virtio-mem device it uses (QEMU's MEMORY_DEVICE_SIZE_CHANGE).</summary>
    /// <param name="Id">The user's id of the device, or null.</param>
    /// <param name="Path">Its object path.</param>
    /// <param name="Size">Bytes the guest has plugged now.</param>
    public sealed record MemoryDeviceSizeChanged(string? Id, string Path, ulong Size) : VmEvent;

    /// <summary>The guest gave memory to the balloon or took some back (QEMU's BALLOON_CHANGE).</summary>
    /// <param name="Actual">Bytes of memory the guest has left.</param>
    public sealed record BalloonChanged(ulong Actual) : VmEvent;

    /// <summary>An operation changed its state.</summary>
    public sealed record OperationChanged(OperationSnapshot Operation) : VmEvent;
}
