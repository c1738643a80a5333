using System;
using System.Collections.Generic;
using Limber.Block.Files;
using Limber.Block.Queues;

namespace Limber.Block.Qcow2;

/// <summary>A qcow2 image, served by worker threads.</summary>
internal sealed class Qcow2Image : IBlockImage, IQueueTarget
{
    private const int Workers = 8;
    private readonly Qcow2Store store;
    private readonly BlockImageOptions options;
    private readonly WorkerPool pool;
    private readonly int clusterSize;

    public Qcow2Image(IImageFile file, Qcow2Header header, Qcow2Store store, BlockImageOptions options, IReadOnlyList<string> warnings)
    {
        this.store = store;
        this.options = options;
        Warnings = warnings;
        pool = new WorkerPool(store, options.WriteThrough, Workers);
        clusterSize = header.ClusterSize;
        LogicalBlockSize = Math.Max(512, file.OffsetAlignment);
        Limits = new BlockLimits(options.Discard ? 1UL << 32 : 0, (uint)clusterSize, 1UL << 32, 1UL << 32);
        Description = $"qcow2 version {header.Version} {file.Path}, clusters of {clusterSize}, threads"
            + (header.BackingFile is { } backing ? $", backed by {backing}" : "")
            + (options.UseDirect ? ", direct" : "") + (options.ReadOnly ? ", read-only" : "");
    }

    public ulong Capacity => store.Capacity / (ulong)LogicalBlockSize * (ulong)LogicalBlockSize;

    public int LogicalBlockSize { get; }

    public int PhysicalBlockSize => Math.Max(LogicalBlockSize, Math.Min(4096, clusterSize));

    public bool IsReadOnly => options.ReadOnly;

    public bool HasWriteCache => !options.WriteThrough;

    public BlockLimits Limits { get; }

    public string Format => "qcow2";

    public string Description { get; }

    public IReadOnlyList<string> Warnings { get; }

    WorkerPool IQueueTarget.Workers => pool;

    public IBlockQueue OpenQueue(int depth) => new BlockQueue(this, depth);

    public void Resize(ulong bytes) => store.Resize(bytes);

    public void Dispose()
    {
        pool.Dispose();
        store.Dispose();
    }
}
