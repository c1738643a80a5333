namespace Limber.Block;

/// <summary>What an image can do in one request. Larger requests are refused with <c>EINVAL</c>.</summary>
/// <param name="MaxDiscardBytes">Longest discard; 0 when discards have no effect.</param>
/// <param name="DiscardAlignment">Bytes; smaller pieces of a discard are ignored.</param>
/// <param name="MaxWriteZeroesBytes">Longest write of zeros.</param>
/// <param name="MaxTransferBytes">Longest read or write.</param>
public readonly record struct BlockLimits(
    ulong MaxDiscardBytes, uint DiscardAlignment, ulong MaxWriteZeroesBytes, ulong MaxTransferBytes);
