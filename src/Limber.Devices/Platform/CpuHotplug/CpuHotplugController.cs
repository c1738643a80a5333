using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Limber.Acpi;
using Limber.Device;
using Limber.Devices.Platform.Hotplug;
using Limber.Memory;

namespace Limber.Devices.Platform.CpuHotplug;

/// <summary>
/// Processor hotplug as the guest sees it: which processors are there, which ones changed, and the doorbell by which
/// the guest gives one back or reports a status. See <see cref="CpuHotplugRegisters"/> for the layout.
/// </summary>
public sealed class CpuHotplugController : HotplugController
{
    /// <summary>Path of the AML method by which the guest finds out what changed; the event device calls it.</summary>
    public const string ScanMethod = CpuHotplugAml.ScanMethod;

    /// <summary>The most processors that the shared area's layout has room for.</summary>
    public const int MaximumProcessors = CpuHotplugRegisters.MaximumProcessors;

    private readonly ImmutableArray<uint> apicIds;
    private readonly ushort doorbellPort;
    private readonly ICpuHotplugHost host;

    /// <param name="apicIds">APIC ids of all possible processors by index; the first is the boot processor.</param>
    /// <param name="memory">Memory that contains the shared area.</param>
    /// <param name="areaStart">Guest address of the shared area, page aligned; <see cref="GetAreaSize"/> bytes.</param>
    /// <param name="doorbellPort">Port that the guest writes, as the DSDT tells it.</param>
    /// <param name="host">Is told what the guest did.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public CpuHotplugController(
        ImmutableArray<uint> apicIds,
        GuestMemory memory,
        GuestAddress areaStart,
        ushort doorbellPort,
        ICpuHotplugHost host,
        IDeviceLog log)
        : base(Layout(apicIds.Length), memory, areaStart, log)
    {
        this.apicIds = apicIds;
        this.doorbellPort = doorbellPort;
        this.host = host;
    }

    /// <summary>The NUMA node of every possible processor by index, as the DSDT tells it; empty without NUMA.</summary>
    public ImmutableArray<uint> ProximityDomains { get; init; } = [];

    private protected override string Name => "cpu-hotplug";

    /// <summary>Size of the shared area for a number of possible processors, in bytes.</summary>
    public static ulong GetAreaSize(int processors) => CpuHotplugRegisters.GetAreaSize(processors);

    /// <summary>True when the guest may use the processor.</summary>
    public bool IsEnabled(int index) => IsPresent(index);

    /// <inheritdoc/>
    public override IEnumerable<AmlTerm> DescribeAml() => CpuHotplugAml.Describe(apicIds, ProximityDomains, Area.Range.Start, doorbellPort);

    // The guest has no way to give the boot processor back.
    private protected override bool CanEject(int slot) => slot != 0;

    private protected override void OnEjected(int slot) => host.OnEjected(slot);

    private protected override void OnStatus(int slot, uint sourceEvent, uint status) => host.OnStatus(slot, sourceEvent, status);

    private static HotplugLayout Layout(int processors) => processors is 0 or > CpuHotplugRegisters.MaximumProcessors
        ? throw new ArgumentOutOfRangeException(
            nameof(processors), $"{processors} processors are not in 1..{CpuHotplugRegisters.MaximumProcessors}")
        : new HotplugLayout(
            CpuHotplugRegisters.SignatureValue,
            CpuHotplugRegisters.VersionValue,
            processors,
            CpuHotplugRegisters.GroupSize,
            CpuHotplugRegisters.GetGuestOffset(processors),
            CpuHotplugRegisters.GetAreaSize(processors));
}
