using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Devices.Platform.PciHotplug;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>
/// Places of PCI devices, on the root bus and behind its ports: which are free, and a function's way onto its bus and off it.
/// </summary>
/// <remarks>Guarded by the machine's control lock, but for <see cref="Dispose"/>.</remarks>
/// <param name="platform">Has the root bus, and knows which ports take devices while the guest runs.</param>
/// <param name="devices">The devices, each in its place.</param>
/// <param name="ids">Ids of ports are ids of devices.</param>
internal sealed class PciPlaces(MachinePlatform platform, DeviceTable devices, DeviceIds ids) : IDisposable
{
    private readonly Dictionary<string, (PcieRootPort Port, int Device)> ports = new(StringComparer.Ordinal);

    private PciHostBridge Bridge => platform.Pci.Bridge;

    private PciHotplugController Hotplug => platform.Pci.Hotplug;

    /// <summary>Puts a root port on the root bus, before the guest starts. It stays.</summary>
    /// <exception cref="VmException">InvalidDevice, DuplicateId.</exception>
    public void AddPort(RootPortConfig config)
    {
        if (config.Id is null)
        {
            throw new VmException(VmErrorCode.InvalidDevice, "a pcie-root-port needs an id: it is the name of its bus");
        }

        if (!PciPlacement.IsRootBus(config.Bus))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"the root port '{config.Id}' is on bus '{config.Bus}', not on {PciPlacement.RootBus}");
        }

        ids.RequireFree(config.Id);
        int number = config.Slot!.Value;
        var port = new PcieRootPort(
            new PcieRootPortOptions { Name = config.Id, PortNumber = config.Port, SlotNumber = config.SlotNumber != 0 ? config.SlotNumber : number },
            platform.Signals);
        Bridge.Bus.Add(port, number);
        ports.Add(config.Id, (port, number));
        devices.Add(new PluggedDevice(config, PciPlacement.RootBus, number, null, number, Hotplug)
        {
            IsAttached = true,
            Path = ids.CreatePath(config.Id),
        });
    }

    /// <summary>A device with the place that it asks for, or the first free one. The place is taken when it is in the table.</summary>
    /// <exception cref="VmException">BusNotFound, SlotOccupied, NoFreeSlot, HotplugNotSupported, InvalidDevice.</exception>
    public PluggedDevice Find(DeviceConfig config) =>
        PciPlacement.IsRootBus(config.Bus) ? FindOnRoot(config) : FindBehindPort(config);

    /// <summary>Puts a function in its device's place; with addresses, when nobody else will give it any.</summary>
    /// <exception cref="PciResourceException">The windows are too small; it is on no bus.</exception>
    public void Insert(PluggedDevice device, PciFunction function)
    {
        if (device.Port is { } port)
        {
            port.Insert(function);
            return;
        }

        Bridge.Bus.Add(function, device.Device);
        try
        {
            if (devices.GuestStarted)
            {
                PciResources.Assign(Bridge, function);
            }
        }
        catch
        {
            Bridge.Bus.Remove(function);
            throw;
        }
    }

    /// <summary>Takes a device's function off its bus: no access of the guest reaches it after this.</summary>
    public void Remove(PluggedDevice device)
    {
        if (device.Port is { } port)
        {
            port.Remove();
        }
        else
        {
            Bridge.Bus.Remove(device.Parts!.Function!);
        }
    }

    /// <summary>Removes the ports, behind which nothing is left. Without the control lock; the machine has ended.</summary>
    public void Dispose()
    {
        foreach ((PcieRootPort port, int _) in ports.Values)
        {
            Bridge.Bus.Remove(port);
            port.Dispose();
        }
    }

    private PluggedDevice FindOnRoot(DeviceConfig config)
    {
        // Until its removal is complete a device keeps its place, so places are asked of the table, not of the bus.
        bool IsFree(int slot) => !devices.Exists(d => d.Port is null && d.Device == slot);
        int device = config.Slot ?? Enumerable.Range(1, PciBus.MaximumDevices - 1).FirstOrDefault(IsFree, 0);
        if (device == 0 && config.Slot is null)
        {
            throw new VmException(VmErrorCode.NoFreeSlot, $"bus {PciPlacement.RootBus} has no free slot for {config.Driver}");
        }

        if (device is < 1 or >= PciBus.MaximumDevices)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"device number {device} is not in 1..{PciBus.MaximumDevices - 1}");
        }

        return IsFree(device)
            ? new PluggedDevice(config, PciPlacement.RootBus, device, null, device, Hotplug) { HotPlugged = devices.GuestStarted }
            : throw new VmException(VmErrorCode.SlotOccupied, $"PCI: slot {device} function 0 not available for {config.Driver}, in use by {Occupant(null, device)}");
    }

    private PluggedDevice FindBehindPort(DeviceConfig config)
    {
        string bus = config.Bus!;
        if (!ports.TryGetValue(bus, out (PcieRootPort Port, int Device) place))
        {
            throw new VmException(VmErrorCode.BusNotFound, $"Bus '{bus}' not found");
        }

        if (devices.GuestStarted && platform.PciDevices.OfType<RootPortConfig>().First(p => p.Id == bus) is { HotPlug: false })
        {
            throw new VmException(VmErrorCode.HotplugNotSupported, $"Bus '{bus}' does not support hotplugging");
        }

        if (config.Slot is not (null or 0))
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"PCI: slot {config.Slot} is not valid for {config.Driver}, parent device only allows plugging into slot 0.");
        }

        return devices.Exists(d => d.Port == place.Port)
            ? throw new VmException(VmErrorCode.SlotOccupied, $"PCI: slot 0 function 0 not available for {config.Driver}, in use by {Occupant(place.Port, 0)}")
            : new PluggedDevice(config, bus, 0, place.Port, PciHotplugController.BehindPort(place.Device), Hotplug) { HotPlugged = devices.GuestStarted };
    }

    private string Occupant(PcieRootPort? port, int slot) =>
        devices.Find(d => d.Port == port && d.Device == slot) is { } d ? $"{d.Config.Driver},id={d.Id}" : "another device";
}
