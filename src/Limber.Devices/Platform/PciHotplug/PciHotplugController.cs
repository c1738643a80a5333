using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Acpi;
using Limber.Device;
using Limber.Devices.Platform.Hotplug;
using Limber.Memory;
using R = Limber.Devices.Platform.PciHotplug.PciHotplugRegisters;

namespace Limber.Devices.Platform.PciHotplug;

/// <summary>
/// PCI hotplug by ACPI as the guest sees it: which slots are occupied, which ones changed, and the doorbell by which the
/// guest gives a device back or reports a status. See <see cref="PciHotplugRegisters"/> for the layout.
/// </summary>
public sealed class PciHotplugController : HotplugController
{
    /// <summary>Path of the AML method by which the guest finds out what changed; the event device calls it.</summary>
    public const string ScanMethod = PciHotplugAml.ScanMethod;

    /// <summary>Size of the shared area, in bytes.</summary>
    public const ulong AreaSize = R.AreaSize;

    private readonly ImmutableArray<int> slots;
    private readonly ushort doorbellPort;
    private readonly IPciHotplugHost host;

    /// <param name="slots">
    /// The slots that can change: device numbers of the root bus, and <see cref="BehindPort"/> of those that are PCIe ports.
    /// </param>
    /// <param name="memory">Memory that contains the shared area.</param>
    /// <param name="areaStart">Guest address of the shared area, page aligned; <see cref="AreaSize"/> bytes.</param>
    /// <param name="doorbellPort">Port that the guest writes, as the DSDT tells it; 4 bytes.</param>
    /// <param name="host">Is told what the guest did.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public PciHotplugController(
        IEnumerable<int> slots,
        GuestMemory memory,
        GuestAddress areaStart,
        ushort doorbellPort,
        IPciHotplugHost host,
        IDeviceLog log)
        : base(new HotplugLayout(R.SignatureValue, R.VersionValue, R.Slots, R.Slots, R.GuestOffset, R.AreaSize), memory, areaStart, log)
    {
        this.slots = [.. slots.Order()];
        foreach (int slot in this.slots)
        {
            bool sharesItsDevice = slot < R.RootSlots && this.slots.Contains(BehindPort(slot));
            if (slot is < 0 or >= R.Slots || sharesItsDevice)
            {
                throw new ArgumentException($"PCI slot {slot} is not in 0..{R.Slots - 1}, or a port and its slot are both there", nameof(slots));
            }
        }

        this.doorbellPort = doorbellPort;
        this.host = host;
    }

    private protected override string Name => "pci-hotplug";

    /// <summary>Slot number of the slot of a PCIe port, by the port's device number on the root bus.</summary>
    public static int BehindPort(int device) => R.RootSlots + device;

    /// <summary>
    /// Shows the slot of a PCIe port as occupied when the port itself announces the device. Without it an eject of the slot
    /// is not believed.
    /// </summary>
    public void Occupy(int slot) => Show(slot, HotplugRegisters.StatePresent);

    /// <summary>Ends a request: the guest has answered it, or it was withdrawn. Nothing is announced.</summary>
    public void ClearRequests(int slot) => Settle(slot, HotplugRegisters.StateInsert | HotplugRegisters.StateRemove);

    /// <summary>True when the guest may use what is in the slot.</summary>
    public bool IsOccupied(int slot) => IsPresent(slot);

    /// <inheritdoc/>
    public override IEnumerable<AmlTerm> DescribeAml() => PciHotplugAml.Describe(slots, Area.Range.Start, doorbellPort);

    private protected override bool IsSlot(uint slot) => slots.Contains((int)slot);

    private protected override void OnEjected(int slot) => host.OnEjected(slot);

    private protected override void OnStatus(int slot, uint sourceEvent, uint status) => host.OnStatus(slot, sourceEvent, status);
}
