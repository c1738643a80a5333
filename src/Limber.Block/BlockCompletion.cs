namespace Limber.Block;

/// <summary>A request has ended.</summary>
/// <param name="Tag">The request's.</param>
/// <param name="Error">0, or the host's <c>errno</c>. After an error the range, or the memory of a read, holds anything.</param>
public readonly record struct BlockCompletion(ulong Tag, int Error);
