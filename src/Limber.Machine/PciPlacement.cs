using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>Decides the places of the devices that a machine starts with.</summary>
internal static class PciPlacement
{
    /// <summary>Name of the root bus.</summary>
    public const string RootBus = "pcie.0";

    private const int FirstDevice = 1;

    /// <summary>True for a name of the root bus; <c>pci.0</c> is what it is called on machines of type <c>pc</c>.</summary>
    public static bool IsRootBus(string? name) => name is null or RootBus or "pci.0";

    /// <summary>The devices with their device numbers: those that name one keep it, the others get the lowest free ones in order.</summary>
    /// <exception cref="VmException">Two want one place, or there are too many.</exception>
    public static ImmutableArray<DeviceConfig> Plan(ImmutableArray<DeviceConfig> devices)
    {
        var taken = new Dictionary<int, DeviceConfig>();
        foreach (DeviceConfig device in devices.Where(d => IsRootBus(d.Bus) && d.Slot is not null))
        {
            int slot = device.Slot!.Value;
            if (slot is < FirstDevice or >= PciBus.MaximumDevices)
            {
                throw new VmException(VmErrorCode.InvalidDevice, $"device number {slot} of {Name(device)} is not in {FirstDevice}..{PciBus.MaximumDevices - 1}");
            }

            if (!taken.TryAdd(slot, device))
            {
                throw new VmException(VmErrorCode.SlotOccupied, $"PCI: slot {slot} function 0 not available for {Name(device)}, in use by {Name(taken[slot])}");
            }
        }

        return [.. devices.Select(Place)];

        DeviceConfig Place(DeviceConfig device)
        {
            if (!IsRootBus(device.Bus) || device.Slot is not null)
            {
                return device;
            }

            for (int slot = FirstDevice; slot < PciBus.MaximumDevices; slot++)
            {
                if (taken.TryAdd(slot, device))
                {
                    return device with { Slot = slot };
                }
            }

            throw new VmException(VmErrorCode.NoFreeSlot, $"PCI: no slot is free for {Name(device)}: all {PciBus.MaximumDevices - 1} are in use");
        }
    }

    /// <summary>Device numbers of the root ports.</summary>
    public static IReadOnlyCollection<int> GetPorts(ImmutableArray<DeviceConfig> devices) =>
        [.. devices.OfType<RootPortConfig>().Select(p => p.Slot!.Value)];

    private static string Name(DeviceConfig device) => device.Id is null ? device.Driver : $"{device.Driver} '{device.Id}'";
}
