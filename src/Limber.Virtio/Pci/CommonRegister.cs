namespace Limber.Virtio.Pci;

/// <summary>Fields of the common configuration (VIRTIO 1.2, 4.1.4.3); 64-bit ones are two registers, as drivers access them.</summary>
internal enum CommonRegister
{
    DeviceFeatureSelect,
    DeviceFeature,
    DriverFeatureSelect,
    DriverFeature,
    ConfigVector,
    QueueCount,
    DeviceStatus,
    ConfigGeneration,
    QueueSelect,
    QueueSize,
    QueueVector,
    QueueEnable,
    QueueNotifyOffset,
    QueueDescriptorsLow,
    QueueDescriptorsHigh,
    QueueDriverLow,
    QueueDriverHigh,
    QueueDeviceLow,
    QueueDeviceHigh,
    QueueNotifyData,
    QueueReset,
}
