using Limber.Control;
using Limber.Virtio.Mem;

namespace Limber.Machine;

/// <summary>The wish for another size of a virtio-mem device, and how the guest follows it.</summary>
/// <remarks>Guarded by the machine's control lock.</remarks>
internal sealed class VirtioMemTarget : HotplugTarget
{
    public VirtioMemTarget(PluggedDevice device)
    {
        Device = device;
        Memory = device.Parts!.Memory!;
        Id = device.Id;
        Path = device.Path;
    }

    public PluggedDevice Device { get; }

    public VirtioMem Memory { get; }

    /// <summary>The plugged size that clients were told last.</summary>
    public ulong ReportedSize { get; set; }

    /// <summary>The requested size before the open operation, and the plugged size when it began.</summary>
    public (ulong Requested, ulong Plugged) Before { get; set; }

    /// <inheritdoc/>
    public override int CpuIndex => -1;

    /// <inheritdoc/>
    public override string Noun => "memory device";

    /// <inheritdoc/>
    public override DeviceClass Class => DeviceClass.Pci;

    /// <inheritdoc/>
    public override OperationKind PlugKind => OperationKind.MemoryResize;

    /// <inheritdoc/>
    public override OperationKind UnplugKind => OperationKind.MemoryResize;

    /// <inheritdoc/>
    public override string PlugLeaves =>
        $"it uses {Memory.PluggedSize} bytes, is still asked for {Memory.RequestedSize}, and may go on";

    /// <inheritdoc/>
    public override bool IsRead => true;

    /// <inheritdoc/>
    public override void EndInsert() { }

    /// <inheritdoc/>
    public override void EndRemoval() { }

    public MemoryDeviceInfo ToSnapshot()
    {
        ulong plugged = Memory.PluggedSize;
        return new MemoryDeviceInfo
        {
            Id = Id,
            Path = Path,
            Kind = MemoryDeviceKind.VirtioMem,
            Address = Memory.Options.Region.Start.Value,
            Size = plugged,
            MaximumSize = Memory.Options.Region.Length,
            Node = Memory.Options.Node ?? 0,
            BackendName = ((Config.Devices.VirtioMemDeviceConfig)Device.Config).Backend,
            IsHotplugged = Device.HotPlugged,
            RemovalPending = Device.Removal is not null,
            RequestedSize = Memory.RequestedSize,
            BlockSize = Memory.Options.BlockSize,
        };
    }
}
