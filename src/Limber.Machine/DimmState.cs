using System;
using Limber.Config;
using Limber.Control;
using Limber.Devices.Platform.MemoryHotplug;

namespace Limber.Machine;

/// <summary>A DIMM, from the reservation of its id and slot until nothing of it is left.</summary>
/// <remarks>Guarded by the machine's control lock.</remarks>
internal sealed class DimmState : HotplugTarget
{
    private readonly MemoryHotplugController controller;

    public DimmState(DimmConfig config, int slot, MemoryHotplugController controller)
    {
        Config = config;
        Slot = slot;
        this.controller = controller;
        Id = config.Id;
    }

    public DimmConfig Config { get; }

    public int Slot { get; }

    /// <summary>NUMA node.</summary>
    public int Node => Config.Node ?? 0;

    /// <summary>Its pages; null while they are being made.</summary>
    public DeviceMemory? Memory { get; set; }

    /// <summary>Shows the pages to the guest.</summary>
    public IDisposable? Mapping { get; set; }

    /// <summary>The guest can have it.</summary>
    public bool IsAttached { get; set; }

    /// <summary>The guest had started when it came.</summary>
    public bool HotPlugged { get; init; }

    /// <summary>Grows with every plug.</summary>
    public long Order { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Size => Memory?.Config.Size ?? 0;

    /// <inheritdoc/>
    public override int CpuIndex => -1;

    /// <inheritdoc/>
    public override string Noun => "DIMM";

    /// <inheritdoc/>
    public override DeviceClass Class => DeviceClass.Dimm;

    /// <inheritdoc/>
    public override OperationKind PlugKind => OperationKind.MemoryPlug;

    /// <inheritdoc/>
    public override OperationKind UnplugKind => OperationKind.MemoryUnplug;

    /// <inheritdoc/>
    public override bool IsRead => controller.IsHandled(Slot);

    /// <inheritdoc/>
    public override bool HasReadInsert => controller.HasReadInsert(Slot);

    /// <inheritdoc/>
    public override bool HasReadRemoval => controller.HasReadRemoval(Slot);

    /// <inheritdoc/>
    public override void EndInsert() => controller.EndInsert(Slot);

    /// <inheritdoc/>
    public override void EndRemoval() => controller.EndRemoval(Slot);

    /// <inheritdoc/>
    public override void OnStatusReported(EventPublisher publisher, uint sourceEvent, uint status) =>
        publisher.Publish(new VmEvent.AcpiDeviceOst(Id, Slot, sourceEvent, status) { Class = DeviceClass.Dimm });

    public MemoryDeviceInfo ToSnapshot() => new()
    {
        Id = Id,
        Path = Path,
        Kind = MemoryDeviceKind.Dimm,
        Address = Memory!.Region.Range.Start.Value,
        Size = Size,
        MaximumSize = Size,
        Node = Node,
        Slot = Slot,
        BackendName = Config.Backend,
        IsHotplugged = HotPlugged,
        RemovalPending = Removal is not null,
    };
}
