using Limber.Block;

namespace Limber.VirtioBlock;

/// <summary>A request that the host could not carry out; the guest got an I/O error.</summary>
/// <param name="Kind">What was asked.</param>
/// <param name="ErrorNumber">The host's <c>errno</c>.</param>
public readonly record struct BlockFailure(BlockRequestKind Kind, int ErrorNumber);
