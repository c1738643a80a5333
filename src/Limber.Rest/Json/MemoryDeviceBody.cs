using Limber.Control;

namespace Limber.Rest.Json;

/// <summary>A memory device in <c>limber.memory</c>; sizes in bytes.</summary>
/// <param name="Id">Its id, or its object path.</param>
/// <param name="Kind"><c>dimm</c> or <c>virtio-mem</c>.</param>
/// <param name="Address">Guest-physical address.</param>
/// <param name="Size">What the guest can use of it.</param>
/// <param name="Node">NUMA node.</param>
/// <param name="RemovalPending">The guest has been asked to let go.</param>
internal sealed record MemoryDeviceBody(string Id, string Kind, ulong Address, ulong Size, int Node, bool RemovalPending)
{
    /// <summary>DIMM slot; null for virtio-mem.</summary>
    public int? Slot { get; init; }

    /// <summary>virtio-mem: what the guest is asked to use.</summary>
    public ulong? RequestedSize { get; init; }

    /// <summary>virtio-mem: the most it can have.</summary>
    public ulong? MaximumSize { get; init; }

    public static MemoryDeviceBody Of(MemoryDeviceInfo device)
    {
        bool isDimm = device.Kind == MemoryDeviceKind.Dimm;
        return new MemoryDeviceBody(
            device.Id ?? device.Path, isDimm ? "dimm" : "virtio-mem", device.Address, device.Size, device.Node, device.RemovalPending)
        {
            Slot = isDimm ? device.Slot : null,
            RequestedSize = isDimm ? null : device.RequestedSize,
            MaximumSize = isDimm ? null : device.MaximumSize,
        };
    }
}
