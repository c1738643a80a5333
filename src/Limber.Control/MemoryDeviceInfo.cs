namespace Limber.Control;

/// <summary>A memory device that is plugged in, at one moment.</summary>
public sealed record MemoryDeviceInfo
{
    /// <summary>The user's id, or null.</summary>
    public required string? Id { get; init; }

    /// <summary>Object path: <c>/machine/peripheral/ID</c> or <c>/machine/peripheral-anon/device[N]</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public required MemoryDeviceKind Kind { get; init; }

    /// <summary>Guest-physical address of its first byte.</summary>
    public required ulong Address { get; init; }

    /// <summary>Bytes the guest can use now: all of a DIMM, the plugged blocks of a virtio-mem device.</summary>
    public required ulong Size { get; init; }

    /// <summary>NUMA node.</summary>
    public required int Node { get; init; }

    /// <summary>DIMM slot; -1 for a virtio-mem device.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>Name of its backend; null when it has one of its own.</summary>
    public string? BackendName { get; init; }

    /// <summary>Plugged in after the guest had started.</summary>
    public bool IsHotplugged { get; init; }

    /// <summary>The guest has been asked to let go and has not done so.</summary>
    public bool RemovalPending { get; init; }

    /// <summary>Bytes the device could have at most; that of a DIMM is its size.</summary>
    public ulong MaximumSize { get; init; }

    /// <summary>virtio-mem: bytes the guest is asked to use.</summary>
    public ulong RequestedSize { get; init; }

    /// <summary>virtio-mem: bytes of a block.</summary>
    public ulong BlockSize { get; init; }
}
