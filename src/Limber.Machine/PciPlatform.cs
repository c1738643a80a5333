using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Acpi;
using Limber.Device;
using Limber.Devices.Platform;
using Limber.Devices.Platform.PciHotplug;
using Limber.Kvm;
using Limber.Memory;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>The machine's PCI segment: the host bridge, its address windows, and the hotplug of its slots.</summary>
/// <remarks>Guarded by the machine's control lock, but for what vCPU threads reach through the buses.</remarks>
internal sealed class PciPlatform : IDisposable
{
    private readonly List<int> present = [];

    /// <param name="vm">Interrupts, doorbells and mappings come from here.</param>
    /// <param name="devices">The buses.</param>
    /// <param name="windows">Addresses that belong to PCI.</param>
    /// <param name="ports">Device numbers of the root ports, whose slots are behind them.</param>
    /// <param name="shared">Memory, and where in it the area shared with the guest's ACPI is.</param>
    /// <param name="listeners">Who hears what the guest says, and who counts what it does wrong.</param>
    public PciPlatform(
        KvmVm vm,
        PlatformDevices devices,
        PciWindows windows,
        IReadOnlyCollection<int> ports,
        (GuestMemory Memory, GuestAddress Area) shared,
        (IGuestSignals Signals, IDeviceLog Log) listeners)
    {
        ImmutableArray<IInterruptLine> wires =
            [.. Enumerable.Range(0, PciHost.InterruptCount).Select(i => new KvmInterruptLine(vm, PlatformMap.PciInterrupt + (uint)i))];
        var host = new PciHost(
            devices.Memory,
            devices.Ports,
            vm.CreateMsiController(),
            vm.CreateDoorbellController(),
            vm.MemorySlots,
            wires,
            listeners.Log);
        Bridge = new PciHostBridge(host, windows, PlatformMap.PciInterrupt);
        IEnumerable<int> slots = Enumerable.Range(1, PciBus.MaximumDevices - 1)
            .Select(d => ports.Contains(d) ? PciHotplugController.BehindPort(d) : d);
        Hotplug = new PciHotplugController(
            slots, shared.Memory, shared.Area, PlatformPorts.PciHotplugDoorbell, listeners.Signals, listeners.Log);
        devices.Ports.Insert(PlatformPorts.PciHotplugDoorbell, sizeof(uint), Hotplug, "PCI hotplug");
    }

    public PciHostBridge Bridge { get; }

    public PciHotplugController Hotplug { get; }

    /// <summary>What they say of themselves, in the order in which it has to be said.</summary>
    public IReadOnlyList<IAmlContributor> AmlContributors => [Bridge, Hotplug];

    /// <summary>Says where configuration space is.</summary>
    public AcpiTableBuilder Mcfg => Bridge.DescribeConfigurationSpace();

    /// <summary>Addresses for a machine whose memory, also that which may come, ends here; with this many bits of physical addresses and root ports.</summary>
    public static PciWindows GetWindows(GuestAddress memoryEnd, int physicalBits, int ports)
    {
        const ulong Alignment = 1UL << 32;
        ulong end = Math.Min(1UL << physicalBits, PlatformMap.PciMemory64Limit);
        ulong start = memoryEnd.AlignUp(Alignment).Value;
        return new PciWindows(
            PlatformMap.PciMemory32.Start.Value,
            PlatformMap.PciMemory32.Length,
            Math.Min(start, end),
            end - Math.Min(start, end),
            PlatformMap.PciPorts,
            PlatformMap.PciPortsLength,
            PlatformMap.PciConfigurationAddress)
        {
            // A guest looks into every bus that there may be.
            BusCount = 1 + ports,
            Mmio32HighStart = PlatformMap.PciMemory32High.Start.Value,
            Mmio32HighLength = PlatformMap.PciMemory32High.Length,
        };
    }

    /// <summary>Notes that a hotplug slot is occupied, or no longer is; for the next start of the guest.</summary>
    public void SetPresent(int slot, bool occupied)
    {
        present.Remove(slot);
        if (occupied)
        {
            present.Add(slot);
        }
    }

    /// <summary>Gives everything an address and shows the guest what there is. No vCPU runs.</summary>
    /// <exception cref="PciResourceException">The windows are too small.</exception>
    public void Prepare()
    {
        PciResources.AssignAll(Bridge);
        Hotplug.Reset(present);
    }

    /// <inheritdoc/>
    public void Dispose() => Bridge.Dispose();
}
