namespace Limber.Virtio;

/// <summary>Device types (VIRTIO 1.2, 5).</summary>
public enum VirtioDeviceType
{
    Network = 1,
    Block = 2,
    Console = 3,
    Entropy = 4,
    Balloon = 5,
    Scsi = 8,
    Gpu = 16,
    Input = 18,
    Socket = 19,
    Crypto = 20,
    Iommu = 23,
    Memory = 24,
    FileSystem = 26,
    PersistentMemory = 27,
}
