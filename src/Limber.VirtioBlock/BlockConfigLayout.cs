namespace Limber.VirtioBlock;

/// <summary>Offsets in the device's configuration, in bytes (VIRTIO 1.2, 5.2.4).</summary>
internal static class BlockConfigLayout
{
    public const int Capacity = 0;
    public const int SegmentMaximum = 12;
    public const int BlockSize = 20;
    public const int PhysicalBlockExponent = 24;
    public const int MinimumIoSize = 26;
    public const int OptimalIoSize = 28;
    public const int Writeback = 32;
    public const int Queues = 34;
    public const int DiscardMaximumSectors = 36;
    public const int DiscardMaximumSegments = 40;
    public const int DiscardAlignment = 44;
    public const int WriteZeroesMaximumSectors = 48;
    public const int WriteZeroesMaximumSegments = 52;
    public const int WriteZeroesMayUnmap = 56;
    public const int Length = 60;
}
