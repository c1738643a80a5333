namespace Limber.Virtio.Balloon;

/// <summary>Constants of the memory balloon device (VIRTIO 1.2, 5.5).</summary>
internal static class BalloonRegisters
{
    public const ulong StatisticsQueue = 1UL << 1;
    public const ulong DeflateOnOom = 1UL << 2;
    public const ulong PageReporting = 1UL << 5;

    public const int NumPages = 0;
    public const int Actual = 4;
    public const int ConfigLength = 8;

    public const int Inflate = 0;
    public const int Deflate = 1;

    /// <summary>Unit of page numbers, whatever the guest's page size (5.5.6).</summary>
    public const int PageShift = 12;

    /// <summary>Statistics entry: le16 tag, le64 value, packed (5.5.6.3).</summary>
    public const int StatisticLength = 10;
}
