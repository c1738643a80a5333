namespace Limber.VirtioConsole.Balloon;

/// <summary>
/// A number that a guest's driver may report, by its tag (VIRTIO 1.2, 5.5.6.3, and from <see cref="OutOfMemoryKills"/> on Linux 6.12).
/// </summary>
public enum BalloonStatistic
{
    /// <summary>Bytes swapped in.</summary>
    SwapIn = 0,

    /// <summary>Bytes swapped out.</summary>
    SwapOut = 1,

    MajorFaults = 2,
    MinorFaults = 3,

    /// <summary>Bytes not used for anything.</summary>
    FreeMemory = 4,

    /// <summary>Bytes the guest has.</summary>
    TotalMemory = 5,

    /// <summary>Bytes that can be had without swapping.</summary>
    AvailableMemory = 6,

    /// <summary>Bytes of caches that can be had.</summary>
    DiskCaches = 7,

    HugePageAllocations = 8,
    HugePageFailures = 9,
    OutOfMemoryKills = 10,
    AllocationStalls = 11,
    AsynchronousScans = 12,
    DirectScans = 13,
    AsynchronousReclaims = 14,
    DirectReclaims = 15,
}
