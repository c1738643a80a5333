using Limber.Block.Native;

namespace Limber.Block.Queues;

/// <summary>What every request must satisfy. Guest-controlled: offset, length, kind.</summary>
internal static class RequestChecks
{
    /// <returns>0, or the <c>errno</c> the request ends with.</returns>
    public static int Check(IQueueTarget target, in BlockRequest request)
    {
        if (request.Kind == BlockRequestKind.Flush)
        {
            return 0;
        }

        BlockLimits limits = target.Limits;
        ulong longest = request.Kind switch
        {
            BlockRequestKind.Read or BlockRequestKind.Write => limits.MaxTransferBytes,
            BlockRequestKind.Discard => limits.MaxDiscardBytes == 0 ? ulong.MaxValue : limits.MaxDiscardBytes,
            BlockRequestKind.WriteZeroes => limits.MaxWriteZeroesBytes,
            _ => 0,
        };
        ulong block = (ulong)target.LogicalBlockSize;
        ulong capacity = target.Capacity;
        if (request.Offset > capacity
            || request.Length > capacity - request.Offset
            || request.Length > longest
            || request.Offset % block != 0
            || request.Length % block != 0)
        {
            return Posix.EINVAL;
        }

        return request.Kind != BlockRequestKind.Read && target.IsReadOnly ? Posix.EROFS : 0;
    }
}
