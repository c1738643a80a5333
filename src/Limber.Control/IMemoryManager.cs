using System;
using System.Collections.Generic;
using Limber.Config;
using Limber.Config.Backends;

namespace Limber.Control;

/// <summary>
/// The memory devices of a machine. virtio-mem devices are PCI devices too: they are plugged in and taken out through
/// <see cref="IDeviceManager"/>, and their sizes are here.
/// </summary>
/// <remarks>Thread: any, except inside an event handler. A call that throws has changed nothing.</remarks>
public interface IMemoryManager
{
    /// <summary>Sizes: one consistent snapshot.</summary>
    MemorySummary GetSummary();

    /// <summary>All memory devices by ascending address: one consistent snapshot.</summary>
    IReadOnlyList<MemoryDeviceInfo> GetMemoryDevices();

    /// <summary>Plugs a DIMM in. No page of it is touched unless its backend is preallocated. The operation is complete already when the guest has not started.</summary>
    /// <param name="config">The DIMM.</param>
    /// <param name="deadline">How long the guest has to answer; null for the machine's default.</param>
    /// <exception cref="VmException">
    /// HotplugNotSupported without DIMM slots; DuplicateId, SlotOccupied, NoFreeSlot, NoMemorySpace, BackendNotFound, BackendInUse,
    /// InvalidDevice, HostFailure, InvalidState.
    /// </exception>
    IHotplugOperation PlugDimm(DimmConfig config, TimeSpan? deadline = null);

    /// <summary>
    /// Asks the guest to let go of a DIMM; asking again while that is pending notifies the guest again, gives it the deadline anew and
    /// returns the pending operation.
    /// </summary>
    /// <param name="id">The DIMM's id, or its object path.</param>
    /// <param name="deadline">As for <see cref="PlugDimm"/>.</param>
    /// <exception cref="VmException">DeviceNotFound, InvalidState.</exception>
    IHotplugOperation UnplugDimm(string id, TimeSpan? deadline = null);

    /// <summary>
    /// Changes how much of a virtio-mem device the guest is asked to use. The operation completes when it uses that much. A new wish
    /// cancels the operation of the one before.
    /// </summary>
    /// <param name="virtioMemDevice">The device's id, or its object path.</param>
    /// <param name="bytes">A multiple of the device's block size, at most the device's maximum.</param>
    /// <param name="deadline">As for <see cref="PlugDimm"/>.</param>
    /// <exception cref="VmException">DeviceNotFound, InvalidDevice, InvalidState.</exception>
    IHotplugOperation SetRequestedSize(string virtioMemDevice, ulong bytes, TimeSpan? deadline = null);

    /// <summary>
    /// Asks for a size of all memory, by the method of the machine (<see cref="MemoryConfig.HotplugMethod"/>). Upwards: one DIMM more, or
    /// more of the virtio-mem device. Downwards: the guest is asked for whole DIMMs, the newest first, or for memory of the virtio-mem
    /// device. Asking again for the same size adds nothing.
    /// </summary>
    /// <param name="desiredBytes">Bytes, at least the boot memory; the difference to it a multiple of 128 MiB (DIMMs) or of the block size.</param>
    /// <param name="deadline">As for <see cref="PlugDimm"/>.</param>
    /// <exception cref="VmException">HotplugNotSupported, InvalidDevice, NoMemorySpace, NoFreeSlot, HostFailure, InvalidState.</exception>
    MemoryResize Resize(ulong desiredBytes, TimeSpan? deadline = null);

    /// <summary>All named memory backends, by the time they were added.</summary>
    IReadOnlyList<MemoryBackendInfo> GetBackends();

    /// <summary>Makes a memory backend under its name.</summary>
    /// <exception cref="VmException">DuplicateId, InvalidDevice, HostFailure.</exception>
    void AddBackend(MemoryBackendConfig config);

    /// <summary>Gives the pages of a memory backend back.</summary>
    /// <exception cref="VmException">BackendNotFound, BackendInUse.</exception>
    void RemoveBackend(string name);
}
