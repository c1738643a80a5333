using System;
using System.Collections.Generic;
using Limber.Acpi;
using Limber.Device;
using Limber.Devices.Platform.Hotplug;
using Limber.Memory;
using R = Limber.Devices.Platform.MemoryHotplug.MemoryHotplugRegisters;

namespace Limber.Devices.Platform.MemoryHotplug;

/// <summary>
/// DIMM slots as the guest's ACPI sees them: what is in them and where, which ones changed, and the doorbell by which the guest gives
/// a DIMM back or reports a status. See <see cref="MemoryHotplugRegisters"/> for the layout.
/// </summary>
public sealed class MemoryHotplugController : HotplugController
{
    /// <summary>Path of the AML method by which the guest finds out what changed; the event device calls it.</summary>
    public const string ScanMethod = MemoryHotplugAml.ScanMethod;

    /// <summary>The most slots that the shared area's layout has room for.</summary>
    public const int MaximumSlots = R.MaximumSlots;

    private readonly int slots;
    private readonly ushort doorbellPort;
    private readonly IMemoryHotplugHost host;

    /// <param name="slots">Number of DIMM slots, 1 to <see cref="MaximumSlots"/>.</param>
    /// <param name="memory">Memory that contains the shared area.</param>
    /// <param name="areaStart">Guest address of the shared area, page aligned; <see cref="GetAreaSize"/> bytes.</param>
    /// <param name="doorbellPort">Port that the guest writes, as the DSDT tells it; 4 bytes.</param>
    /// <param name="host">Is told what the guest did.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public MemoryHotplugController(
        int slots, GuestMemory memory, GuestAddress areaStart, ushort doorbellPort, IMemoryHotplugHost host, IDeviceLog log)
        : base(Layout(slots), memory, areaStart, log)
    {
        this.slots = slots;
        this.doorbellPort = doorbellPort;
        this.host = host;
    }

    /// <summary>The guest is told the NUMA node of each DIMM.</summary>
    public bool TellsNodes { get; init; }

    private protected override string Name => "memory-hotplug";

    /// <summary>Size of the shared area for a number of slots, in bytes.</summary>
    public static ulong GetAreaSize(int slots) => R.GetAreaSize(slots);

    /// <summary>Says where the DIMM of a slot is. The slot reads as empty, or no vCPU runs.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="range">Guest-physical addresses.</param>
    /// <param name="node">NUMA node.</param>
    public void Describe(int slot, GuestRange range, int node)
    {
        uint dimm = R.Dimm + (R.DimmSize * (uint)slot);
        WriteLong(dimm + R.DimmAddress, range.Start.Value);
        WriteLong(dimm + R.DimmLength, range.Length);
        Area.Write(dimm + R.DimmNode, (uint)node);
    }

    /// <inheritdoc/>
    public override IEnumerable<AmlTerm> DescribeAml() => MemoryHotplugAml.Describe(slots, TellsNodes, Area.Range.Start, doorbellPort);

    private protected override void OnEjected(int slot) => host.OnEjected(slot);

    private protected override void OnStatus(int slot, uint sourceEvent, uint status) => host.OnStatus(slot, sourceEvent, status);

    private static HotplugLayout Layout(int slots) => slots is < 1 or > R.MaximumSlots
        ? throw new ArgumentOutOfRangeException(nameof(slots), $"{slots} DIMM slots are not in 1..{R.MaximumSlots}")
        : new HotplugLayout(R.SignatureValue, R.VersionValue, slots, R.GroupSize, R.GetGuestOffset(slots), R.GetAreaSize(slots));

    private void WriteLong(uint offset, ulong value)
    {
        Area.Write(offset, unchecked((uint)value));
        Area.Write(offset + sizeof(uint), (uint)(value >> 32));
    }
}
