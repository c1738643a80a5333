using Limber.Config.Devices;
using Limber.Control;
using Limber.Devices.Platform.PciHotplug;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>A PCI device of the machine, from the reservation of its id and place until nothing of it is left.</summary>
/// <remarks>Guarded by the machine's control lock.</remarks>
internal sealed class PluggedDevice : HotplugTarget
{
    private readonly PciHotplugController controller;

    /// <param name="config">What it is made from.</param>
    /// <param name="busName">Name of its bus.</param>
    /// <param name="device">Device number on it.</param>
    /// <param name="port">The port it sits behind, or null.</param>
    /// <param name="hotplugSlot">Its slot as the hotplug controller counts.</param>
    /// <param name="controller">Shows it to the guest.</param>
    public PluggedDevice(
        DeviceConfig config, string busName, int device, PcieRootPort? port, int hotplugSlot, PciHotplugController controller)
    {
        Config = config;
        BusName = busName;
        Device = device;
        Port = port;
        HotplugSlot = hotplugSlot;
        this.controller = controller;
        Id = config.Id;
    }

    public DeviceConfig Config { get; }

    public string BusName { get; }

    public int Device { get; }

    public PcieRootPort? Port { get; }

    public int HotplugSlot { get; }

    /// <summary>What the device is made of; null while it is being made.</summary>
    public DeviceParts? Parts { get; set; }

    /// <summary>It is on its bus.</summary>
    public bool IsAttached { get; set; }

    /// <summary>The guest had started when it came.</summary>
    public bool HotPlugged { get; init; }

    /// <inheritdoc/>
    public override int CpuIndex => -1;

    /// <inheritdoc/>
    public override string Noun => "device";

    /// <inheritdoc/>
    public override DeviceClass Class => DeviceClass.Pci;

    /// <inheritdoc/>
    public override OperationKind PlugKind => OperationKind.DevicePlug;

    /// <inheritdoc/>
    public override OperationKind UnplugKind => OperationKind.DeviceUnplug;

    /// <inheritdoc/>
    public override bool IsRead => controller.IsHandled(HotplugSlot);

    /// <inheritdoc/>
    public override void EndInsert()
    {
        controller.ClearRequests(HotplugSlot);
        if (Removal is not null)
        {
            controller.RequestRemoval(HotplugSlot);
        }
    }

    /// <inheritdoc/>
    public override void EndRemoval()
    {
        controller.ClearRequests(HotplugSlot);
        if (Plug is not null && Port is null)
        {
            controller.Insert(HotplugSlot);
        }
    }

    public DeviceInfo ToSnapshot() => new(
        Id,
        Path,
        new PciLocation(Parts?.Function?.Address?.Bus ?? 0, (byte)Device, 0),
        BusName,
        Config,
        Removal is not null,
        HotPlugged);
}
