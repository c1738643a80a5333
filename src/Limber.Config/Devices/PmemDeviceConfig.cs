namespace Limber.Config.Devices;

/// <summary>Persistent memory backed by a file (virtio-pmem).</summary>
public sealed record PmemDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "virtio-pmem-pci";

    /// <summary>The file, or a directory in which an unnamed file is made.</summary>
    public required string File { get; init; }

    /// <summary>Bytes, a multiple of 2 MiB; null for the file's size.</summary>
    public ulong? Size { get; init; }

    /// <summary>What the guest writes never reaches the file.</summary>
    public bool DiscardWrites { get; init; }
}
