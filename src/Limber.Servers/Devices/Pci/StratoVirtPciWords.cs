using System.Collections.Generic;
using Limber.Config.Devices;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Pci;

/// <summary>The words of StratoVirt 2.5, which wants a bus and an address of every device.</summary>
internal sealed class StratoVirtPciWords : PciWords
{
    /// <summary>Its members that say the same as a property of QEMU with another name.</summary>
    private static readonly Dictionary<string, string> OtherNames = new() { ["boot_index"] = "bootindex" };

    public override void Prepare(DeviceDriver driver, OptionBag bag)
    {
        if (bag.TryGet("id", out OptionValue id) && id.AsText() is not { Length: > 0 })
        {
            throw new QmpException("Device id is empty");
        }

        foreach (string required in (string[])["bus", "addr"])
        {
            if (!bag.Contains(required))
            {
                throw new QmpException(Wrap(driver.Name, $"Should set {required}."));
            }
        }

        if (bag.TryGet("addr", out OptionValue address))
        {
            try
            {
                bag.Set("addr", OptionValue.FromNumber(StratoVirtAddress.Parse(address.ToString())));
            }
            catch (OptionException refusal)
            {
                throw BadOption(driver, refusal);
            }
        }

        foreach ((string theirs, string ours) in OtherNames)
        {
            if (bag.TryGet(theirs, out OptionValue value))
            {
                bag.Remove(theirs);
                bag.Set(ours, value);
            }
        }
    }

    public override QmpException NotBuilt(string reason) => new("Failed to add device: " + reason);

    public override QmpException BusNotFound(string bus) => new("Failed to add device: Bus not found");

    public override QmpException DuplicateId(string id) => new($"Device id {id} existed");

    public override QmpException BadOption(DeviceDriver driver, OptionException refusal) =>
        new(QmpErrorClass.GenericError, Wrap(driver.Name, Reword(refusal.Message)), refusal);

    public override QmpException PlugRefused(IVirtualMachine machine, DeviceConfig device, VmException refusal) => refusal.Code switch
    {
        VmErrorCode.DuplicateId when device.Id is { } id => DuplicateId(id),
        VmErrorCode.BusNotFound => BusNotFound(device.Bus ?? PciBuses.Root),
        VmErrorCode.HotplugNotSupported =>
            Reworded($"Failed to plug device: No hot plug controller found for bus {device.Bus ?? PciBuses.Root} when plug", refusal),
        VmErrorCode.SlotOccupied or VmErrorCode.NoFreeSlot => Reworded($"Failed to plug device: {refusal.Message}", refusal),
        VmErrorCode.BackendNotFound when device is DiskDeviceConfig =>
            Reworded(Wrap(device.Driver, "No drive configured matched for blk device"), refusal),
        VmErrorCode.BackendNotFound when device is NetDeviceConfig network =>
            Reworded(Wrap(device.Driver, $"Netdev: \"{network.Backend}\" not found for net device"), refusal),
        _ => Reworded(Wrap(device.Driver, refusal.Message), refusal),
    };

    public override QmpException UnplugRefused(IVirtualMachine machine, DeviceInfo device, VmException refusal) => refusal.Code switch
    {
        VmErrorCode.DeviceNotFound => Reworded("Can not find parent device from pci bus", refusal),
        VmErrorCode.RemovalPending => Reworded("Guest is still on the fly of another (un)plugging", refusal),
        _ => Plain(refusal),
    };

    public override QmpException BlockNodeNotFound(string name) => new($"Drive {name} not found");

    public override QmpException NetdevNotFound(string name) => new($"Netdev {name} not found");

    public override QmpException NetdevExists(string name) => new($"Netdev \"{name}\" has been added");

    public override QmpException BlockNodeExists(string name) => new($"Drive {name} has been added");

    private static string Wrap(string driver, string text) => driver switch
    {
        "virtio-blk-pci" => $"Failed to add virtio pci blk: {text}",
        "virtio-net-pci" => $"Failed to add virtio pci net: {text}",
        _ => $"Failed to add device: {text}",
    };

    // The two refusals that its own documentation names.
    private static string Reword(string message)
    {
        const string Drive = "Property 'virtio-blk-device.drive' can't find value '";
        const string Network = "Property 'virtio-net-device.netdev' can't find value '";
        return message.StartsWith(Drive, System.StringComparison.Ordinal) ? "No drive configured matched for blk device"
            : message.StartsWith(Network, System.StringComparison.Ordinal) ? $"Netdev: \"{message[Network.Length..^1]}\" not found for net device"
            : message;
    }
}
