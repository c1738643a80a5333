using System.Collections.Generic;
using Limber.Block;
using Limber.Virtio;

namespace Limber.VirtioBlock;

/// <summary>The operations of a queue by their tags; those that have ended are used again, so there are as many as were ever in flight at once.</summary>
/// <remarks>Thread: the queue's loop.</remarks>
internal sealed class BlockOperationPool
{
    private readonly List<BlockOperation> operations = [];
    private readonly Stack<BlockOperation> free = new();

    /// <summary>The operation of a tag, which came from <see cref="Take"/>.</summary>
    public BlockOperation this[ulong tag] => operations[(int)tag];

    /// <summary>An operation for a request. Allocates only when more are in flight than ever before.</summary>
    public BlockOperation Take(DescriptorChain chain, BlockRequestKind kind, bool flushAfter)
    {
        if (!free.TryPop(out BlockOperation? operation))
        {
            operation = new BlockOperation { Index = operations.Count };
            operations.Add(operation);
        }

        operation.Chain = chain;
        operation.Kind = kind;
        operation.FlushAfter = flushAfter;
        return operation;
    }

    /// <summary>The operation has ended, or was not begun; the chain is the caller's.</summary>
    public void Return(BlockOperation operation)
    {
        operation.Chain = null;
        free.Push(operation);
    }
}
