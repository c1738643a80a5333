namespace Limber.VirtioConsole.Balloon;

/// <summary>What a balloon did since it was created.</summary>
/// <param name="ReleasedBytes">Memory given back to the host; pages that the guest used again since count as well.</param>
/// <param name="IgnoredPages">Pages the guest named that are no RAM.</param>
/// <param name="RefusedRanges">Ranges that the host would not take back.</param>
public readonly record struct BalloonCounters(long ReleasedBytes, long IgnoredPages, long RefusedRanges);
