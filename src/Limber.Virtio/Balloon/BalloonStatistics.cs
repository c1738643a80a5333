namespace Limber.Virtio.Balloon;

/// <summary>What the guest said last about its memory; what it did not say is null (VIRTIO 1.2, 5.5.6.4). Guest-controlled.</summary>
public sealed record BalloonStatistics
{
    /// <summary>Bytes swapped in.</summary>
    public ulong? SwapIn { get; internal set; }

    /// <summary>Bytes swapped out.</summary>
    public ulong? SwapOut { get; internal set; }

    /// <summary>Page faults that needed I/O.</summary>
    public ulong? MajorFaults { get; internal set; }

    /// <summary>Page faults that did not.</summary>
    public ulong? MinorFaults { get; internal set; }

    /// <summary>Bytes not used for anything.</summary>
    public ulong? FreeMemory { get; internal set; }

    /// <summary>Bytes in all.</summary>
    public ulong? TotalMemory { get; internal set; }

    /// <summary>Bytes that could be had without swapping.</summary>
    public ulong? AvailableMemory { get; internal set; }

    /// <summary>Bytes of disk caches.</summary>
    public ulong? DiskCaches { get; internal set; }

    /// <summary>Huge pages allocated.</summary>
    public ulong? HugePagesAllocated { get; internal set; }

    /// <summary>Huge pages that could not be allocated.</summary>
    public ulong? HugePageFailures { get; internal set; }

    internal void Set(ushort tag, ulong value)
    {
        switch (tag)
        {
            case 0:
                SwapIn = value;
                break;
            case 1:
                SwapOut = value;
                break;
            case 2:
                MajorFaults = value;
                break;
            case 3:
                MinorFaults = value;
                break;
            case 4:
                FreeMemory = value;
                break;
            case 5:
                TotalMemory = value;
                break;
            case 6:
                AvailableMemory = value;
                break;
            case 7:
                DiskCaches = value;
                break;
            case 8:
                HugePagesAllocated = value;
                break;
            case 9:
                HugePageFailures = value;
                break;
        }
    }
}
