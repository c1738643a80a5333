using Limber.Device.RateLimits;

namespace Limber.VirtioBlock;

/// <summary>What a disk looks like to the guest.</summary>
public sealed record VirtioBlockOptions
{
    /// <summary>The most queues.</summary>
    public const int MaximumQueues = 64;

    /// <summary>Request queues, 1 to <see cref="MaximumQueues"/>.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>Descriptors a queue, a power of two, 4 to 1024.</summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>Serial number, at most 20 bytes in UTF-8.</summary>
    public string Serial { get; init; } = "";

    /// <summary>Refuse writes, whatever the image allows.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Limits every request that reaches the image, and the bytes of reads and writes; null for no limit.</summary>
    public RateLimiter? RateLimiter { get; init; }
}
