using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Block.Files;
using Limber.Block.Queues;
using Limber.Interop;

namespace Limber.Block.Raw;

/// <summary>A raw image: the file's bytes are the guest's.</summary>
internal sealed class RawImage : IBlockImage, IQueueTarget
{
    private const int Workers = 8;
    private readonly HostFile file;
    private readonly RawStore store;
    private readonly BlockImageOptions options;
    private readonly bool guard;

    /// <param name="guard">The format was guessed; see <see cref="BlockImageFormat.Probe"/>.</param>
    public RawImage(HostFile file, BlockImageOptions options, bool guard, IReadOnlyList<string> warnings)
    {
        this.file = file;
        this.options = options;
        this.guard = guard;
        Warnings = warnings;
        store = new RawStore(file, options.Discard, guard);
        file.Promised = store.Capacity;
        UsesUring = SelectUring();
        Pool = new WorkerPool(store, options.WriteThrough, Workers);
        Limits = new BlockLimits(
            options.Discard ? 1UL << 40 : 0,
            options.Discard ? (uint)Math.Max(LogicalBlockSize, file.Geometry.PhysicalBlockSize) : (uint)LogicalBlockSize,
            1UL << 32,
            1UL << 32);
    }

    public ulong Capacity => store.Capacity;

    public int LogicalBlockSize => Math.Max(512, file.OffsetAlignment);

    public int PhysicalBlockSize => Math.Max(LogicalBlockSize, file.Geometry.PhysicalBlockSize);

    public bool IsReadOnly => options.ReadOnly;

    public bool HasWriteCache => !options.WriteThrough;

    public BlockLimits Limits { get; }

    public string Format => "raw";

    public string Description =>
        $"raw {(file.IsBlockDevice ? "block device" : "file")} {file.Path}, {(UsesUring ? "io_uring" : "threads")}"
        + (options.UseDirect ? ", direct" : "") + (options.ReadOnly ? ", read-only" : "");

    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Queues go to the kernel's ring.</summary>
    public bool UsesUring { get; }

    public bool WriteThrough => options.WriteThrough;

    public bool IgnoresFlush => options.IgnoreFlush;

    WorkerPool IQueueTarget.Workers => Pool;

    private WorkerPool Pool { get; }

    public IBlockQueue OpenQueue(int depth)
    {
        try
        {
            return UsesUring ? new UringQueue(this, file, depth) : new BlockQueue(this, depth);
        }
        catch (HostException refused)
        {
            throw new BlockImageException($"Could not open a queue of depth {depth} for '{file.Path}': {refused.Message}", refused);
        }
    }

    public void Resize(ulong bytes)
    {
        store.Resize(bytes);
        file.Promised = store.Capacity;
    }

    public void Dispose()
    {
        Pool.Dispose();
        store.Dispose();
    }

    /// <summary>A range request that is more than one operation.</summary>
    public bool NeedsSteps(in BlockRequest request) =>
        file.IsBlockDevice
        || options.WriteThrough
        || GuardsFirstSector(request.Offset)
        || (request.Kind == BlockRequestKind.Discard && !options.Discard);

    /// <summary>Zeros may be made by giving space back.</summary>
    public bool MayPunch(in BlockRequest request) => request.MayUnmap && options.Discard;

    /// <summary>A write must be looked at before it is made.</summary>
    public bool GuardsFirstSector(ulong offset) => guard && offset < 512;

    private bool SelectUring()
    {
        if (options.Aio == BlockAio.Threads)
        {
            return false;
        }

        try
        {
            SubmissionRing.Open(1).Dispose();
            return true;
        }
        catch (HostException missing) when (options.Aio == BlockAio.IoUring)
        {
            throw new BlockImageException(
                $"aio=io_uring was specified for '{file.Path}', but the host does not offer it: {missing.Message}", missing);
        }
        catch (HostException missing) when (!missing.IsOutOfDescriptors)
        {
            return false;
        }
        catch (HostException refused)
        {
            throw new BlockImageException($"Could not open '{file.Path}': {refused.Message}", refused);
        }
    }
}
