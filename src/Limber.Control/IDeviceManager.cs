using System.Collections.Generic;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.Control;

/// <summary>The PCI devices of a machine and the backends behind them.</summary>
/// <remarks>Thread: any, except inside an event handler. A call that throws has changed nothing.</remarks>
public interface IDeviceManager
{
    /// <summary>All devices by bus and place: one consistent snapshot.</summary>
    IReadOnlyList<DeviceInfo> GetDevices();

    /// <summary>The device with an id, or null.</summary>
    DeviceInfo? FindDevice(string id);

    /// <summary>
    /// An id that no device has, of a prefix and the next number of one counter that all prefixes share: <c>_disk0</c>, <c>_net1</c>.
    /// </summary>
    string CreateDeviceId(string prefix);

    /// <summary>Opens what the device needs, makes it and plugs it in, whole or not at all.</summary>
    /// <exception cref="VmException">
    /// DuplicateId, BusNotFound, SlotOccupied, NoFreeSlot, HotplugNotSupported, BackendNotFound, BackendInUse, InvalidDevice, HostFailure.
    /// </exception>
    DevicePlug PlugDevice(DeviceConfig config);

    /// <summary>
    /// Asks the guest to let go of a device; asking again while that is pending notifies the guest again and returns the pending
    /// operation.
    /// </summary>
    /// <param name="id">The device's id, or its object path.</param>
    /// <exception cref="VmException">DeviceNotFound, HotplugNotSupported, InvalidState.</exception>
    IHotplugOperation UnplugDevice(string id);

    /// <summary>Adds a port to a console device: it is complete when this returns, and the guest is told.</summary>
    /// <param name="config">The port.</param>
    /// <param name="deviceId">Id of the device that gets it; null for the one that was plugged last.</param>
    /// <exception cref="VmException">DuplicateId, BusNotFound, HotplugNotSupported, InvalidDevice, HostFailure.</exception>
    void PlugPort(ConsolePortConfig config, string? deviceId);

    /// <summary>Takes a port away from its console device; it is gone when this returns, and the guest is told.</summary>
    /// <param name="idOrPath">The port's id, or its object path.</param>
    /// <returns>False when no port has it.</returns>
    /// <exception cref="VmException">HotplugNotSupported.</exception>
    bool TryUnplugPort(string idOrPath);

    /// <summary>All named backends, by the time they were added.</summary>
    IReadOnlyList<BackendInfo> GetBackends();

    /// <summary>Opens a backend under its name.</summary>
    /// <exception cref="VmException">DuplicateId, InvalidDevice, HostFailure.</exception>
    void AddBackend(BackendConfig config);

    /// <summary>Closes a block backend.</summary>
    /// <exception cref="VmException">BackendNotFound, BackendInUse.</exception>
    void RemoveBlockBackend(string name);

    /// <summary>Closes a network backend; a card that uses it stays, with its link down.</summary>
    /// <exception cref="VmException">BackendNotFound.</exception>
    void RemoveNetBackend(string name);

    /// <summary>Plugs or pulls the cable of a network card.</summary>
    /// <param name="name">Id of the card, or name of its backend.</param>
    /// <param name="up">The guest sees a link.</param>
    /// <exception cref="VmException">DeviceNotFound; InvalidState when a cable was pulled for good (<see cref="RemoveNetBackend"/>).</exception>
    void SetLink(string name, bool up);

    /// <summary>Changes the capacity of a disk and tells the guest.</summary>
    /// <param name="device">Id of the device, or name of its backend.</param>
    /// <param name="bytes">New capacity, a multiple of 512.</param>
    /// <exception cref="VmException">DeviceNotFound, InvalidDevice, HostFailure.</exception>
    void ResizeDisk(string device, ulong bytes);

    /// <summary>Asks the guest to give up this much memory in all.</summary>
    /// <exception cref="VmException">DeviceNotFound when there is no balloon; InvalidDevice for a size beyond the guest's memory.</exception>
    void SetBalloon(ulong bytes);

    /// <summary>Bytes the guest has given up, or null when there is no balloon.</summary>
    ulong? GetBalloon();
}
