namespace Limber.Config.Devices;

/// <summary>A token bucket.</summary>
/// <param name="Size">Tokens it holds.</param>
/// <param name="OneTimeBurst">Tokens given once at the start, beyond the size.</param>
/// <param name="RefillMilliseconds">Time in which an empty bucket becomes full.</param>
public sealed record TokenBucketConfig(ulong Size, ulong OneTimeBurst, ulong RefillMilliseconds);
