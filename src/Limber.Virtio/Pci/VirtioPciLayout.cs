namespace Limber.Virtio.Pci;

/// <summary>
/// Where things are in a function's one BAR, 64 KiB, 64 bits wide and prefetchable.
/// <code>
///   0x0000  common configuration   VIRTIO 1.2, 4.1.4.3
///   0x1000  ISR status             4.1.4.5
///   0x2000  device configuration   4.1.4.6, as long as the device's
///   0x3000  notifications          4.1.4.4, 4 bytes a queue, each an address of its own for a doorbell
///   0x4000  MSI-X pending bits
///   0x8000  MSI-X table
/// </code>
/// </summary>
internal static class VirtioPciLayout
{
    public const int Bar = 0;
    public const ulong BarSize = 0x1_0000;
    public const uint Common = 0x0000;
    public const uint CommonLength = 0x3c;
    public const uint Isr = 0x1000;
    public const uint IsrLength = 4;
    public const uint DeviceConfig = 0x2000;
    public const uint DeviceConfigMaximum = 0x1000;
    public const uint Notify = 0x3000;
    public const uint NotifyMultiplier = 4;
    public const uint PendingBits = 0x4000;
    public const uint Table = 0x8000;

    /// <summary>As many as have room for their notifications.</summary>
    public const int MaximumQueues = 1024;
}
