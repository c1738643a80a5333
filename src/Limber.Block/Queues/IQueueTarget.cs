namespace Limber.Block.Queues;

/// <summary>What a queue needs to know of its image.</summary>
internal interface IQueueTarget
{
    ulong Capacity { get; }

    int LogicalBlockSize { get; }

    bool IsReadOnly { get; }

    BlockLimits Limits { get; }

    WorkerPool Workers { get; }
}
