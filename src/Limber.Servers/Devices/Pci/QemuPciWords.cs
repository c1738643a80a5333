using System.Globalization;
using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Pci;

/// <summary>The words of QEMU 10.0.</summary>
internal sealed class QemuPciWords : PciWords
{
    public override void Prepare(DeviceDriver driver, OptionBag bag)
    {
        // All that must be given is checked with the driver.
    }

    public override QmpException NotBuilt(string reason) => new(reason);

    public override QmpException BusNotFound(string bus) => new($"Bus '{bus}' not found");

    public override QmpException DuplicateId(string id) => new($"Duplicate device ID '{id}'");

    public override QmpException BadOption(DeviceDriver driver, OptionException refusal) =>
        new(refusal.IsNotFound ? QmpErrorClass.DeviceNotFound : QmpErrorClass.GenericError, refusal.Message, refusal);

    public override QmpException PlugRefused(IVirtualMachine machine, DeviceConfig device, VmException refusal)
    {
        string bus = PciBuses.NameOf(machine.Config, device.Bus);
        return refusal.Code switch
        {
            VmErrorCode.DuplicateId when device.Id is { } id => DuplicateId(id),
            VmErrorCode.BusNotFound => BusNotFound(bus),
            VmErrorCode.SlotOccupied when device.Slot is { } slot => Reworded(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"PCI: slot {slot} function 0 not available for {device.Driver}, in use by {refusal.DeviceId ?? "another device"}"),
                refusal),
            VmErrorCode.NoFreeSlot => Reworded($"PCI: no slot/function available for {device.Driver}, all in use or reserved", refusal),
            VmErrorCode.HotplugNotSupported when machine.Devices is NoDevices => Reworded($"No 'PCI' bus found for device '{device.Driver}'", refusal),
            VmErrorCode.HotplugNotSupported => Reworded($"Bus '{bus}' does not support hotplugging", refusal),
            VmErrorCode.BackendNotFound when device is VirtioMemDeviceConfig =>
                new QmpException(QmpErrorClass.DeviceNotFound, $"Device '{Backend(device)}' not found", refusal),
            VmErrorCode.BackendInUse when device is VirtioMemDeviceConfig => Reworded("'memdev' property specifies an unusable memdev", refusal),
            VmErrorCode.BackendNotFound => Reworded($"Property '{Property(device)}' can't find value '{Backend(device)}'", refusal),
            VmErrorCode.BackendInUse => Reworded(InUse(machine, device), refusal),
            _ => Plain(refusal),
        };
    }

    public override QmpException UnplugRefused(IVirtualMachine machine, DeviceInfo device, VmException refusal) => refusal.Code switch
    {
        VmErrorCode.HotplugNotSupported => Reworded($"Bus '{PciBuses.NameOf(machine.Config, device.Bus)}' does not support hotplugging", refusal),
        VmErrorCode.DeviceNotFound => new QmpException(QmpErrorClass.DeviceNotFound, $"Device '{device.Id ?? device.Path}' not found", refusal),
        _ => Plain(refusal),
    };

    public override QmpException BlockNodeNotFound(string name) => new($"Failed to find node with node-name='{name}'");

    public override QmpException NetdevNotFound(string name) => new(QmpErrorClass.DeviceNotFound, $"Device '{name}' not found");

    public override QmpException NetdevExists(string name) => new($"Duplicate ID '{name}'");

    public override QmpException BlockNodeExists(string name) => new($"Duplicate nodes with node-name='{name}'");

    private static string InUse(IVirtualMachine machine, DeviceConfig device)
    {
        string name = Backend(device);
        if (device is not DiskDeviceConfig)
        {
            return $"Property '{Property(device)}' can't take value '{name}', it's in use";
        }

        string user = machine.Devices.GetBackends().FirstOrDefault(backend => backend.Config is BlockBackendConfig && backend.Config.Name == name)?.UserPath
            ?? "/machine/peripheral";
        string self = device.Id is { } id ? $"/machine/peripheral/{id}" : "/machine/peripheral-anon/device[0]";
        return $"Permission conflict on node '{name}': permissions 'write' are both required by block device '{user}/virtio-backend' "
            + $"(uses node '{name}' as 'root' child) and unshared by block device '{self}/virtio-backend' (uses node '{name}' as 'root' child).";
    }

    private static string Property(DeviceConfig device) => device is DiskDeviceConfig ? "virtio-blk-device.drive" : "virtio-net-device.netdev";

    private static string Backend(DeviceConfig device) => device switch
    {
        DiskDeviceConfig disk => disk.Backend,
        NetDeviceConfig network => network.Backend,
        VirtioMemDeviceConfig memory => memory.Backend,
        _ => null,
    } ?? string.Empty;
}
