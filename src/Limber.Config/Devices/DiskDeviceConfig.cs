using Limber.Config.Backends;

namespace Limber.Config.Devices;

/// <summary>A virtio disk. Exactly one of <see cref="Image"/> and <see cref="Backend"/> is set.</summary>
public sealed record DiskDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "virtio-blk-pci";

    /// <summary>The image, opened with the device and closed with it.</summary>
    public BlockImageConfig? Image { get; init; }

    /// <summary>Name of a block backend that exists already.</summary>
    public string? Backend { get; init; }

    /// <summary>What the guest reads as the disk's serial number; at most 20 bytes.</summary>
    public string? Serial { get; init; }

    /// <summary>Request queues, 1..64; null for one a boot processor.</summary>
    public int? Queues { get; init; }

    /// <summary>Descriptors a queue, a power of two, 2..1024.</summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>The guest may not write, whatever the image allows.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Limits of bytes and requests a second, or null.</summary>
    public RateLimiterConfig? RateLimiter { get; init; }
}
