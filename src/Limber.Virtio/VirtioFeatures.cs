namespace Limber.Virtio;

/// <summary>Feature bits that every device has (VIRTIO 1.2, 6), as masks; bits 0 to 23 and 50 up are the device type's.</summary>
public static class VirtioFeatures
{
    public const ulong IndirectDescriptors = 1UL << 28;
    public const ulong EventIndex = 1UL << 29;
    public const ulong Version1 = 1UL << 32;
    public const ulong AccessPlatform = 1UL << 33;
    public const ulong RingPacked = 1UL << 34;
    public const ulong InOrder = 1UL << 35;
    public const ulong OrderPlatform = 1UL << 36;
    public const ulong SingleRootIov = 1UL << 37;
    public const ulong NotificationData = 1UL << 38;
    public const ulong RingReset = 1UL << 40;

    /// <summary>What <see cref="Virtqueue"/> can do whatever the device.</summary>
    public const ulong AllRing = IndirectDescriptors | EventIndex | RingPacked | RingReset;

    /// <summary>What is offered unless the user says otherwise: all but packed rings, as other VMMs do.</summary>
    public const ulong DefaultRing = IndirectDescriptors | EventIndex | RingReset;

    /// <summary>Bits that are no device type's (VIRTIO 1.2, 6).</summary>
    public const ulong Reserved = ((1UL << 50) - 1) & ~((1UL << 24) - 1);
}
