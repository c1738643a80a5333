using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Limber.Device;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio;

namespace Limber.VirtioDevices.Pmem;

/// <summary>
/// Persistent memory (VIRTIO 1.2, 5.19): a range of guest physical addresses behind which a file is, and requests to flush it.
/// <code>
///   configuration   0 le64 start   8 le64 size
///   request         device reads le32 type (0: flush)   device writes le32 result (0: done, otherwise not)
/// </code>
/// </summary>
/// <remarks>
/// The range is mapped as long as the device exists. Flushes wait for the disk on a thread of their own, named after the device;
/// those that arrive while one is under way share the next.
/// </remarks>
public sealed class PmemDevice : VirtioDevice
{
    private const uint FlushRequest = 0;
    private const uint Done = 0;
    private const uint Failed = uint.MaxValue;
    private const int QueueSize = 128;
    private readonly Func<bool> flush;
    private readonly PmemFile file;
    private readonly IDisposable mapping;
    private readonly Thread flusher;
    private readonly SemaphoreSlim work = new(0);
    private readonly Lock gate = new();
    private readonly Action completed;
    private readonly FileWatch? watch;
    private readonly List<DescriptorChain> waiting = new(QueueSize);
    private readonly List<DescriptorChain> flushing = new(QueueSize);
    private Virtqueue? queue;
    private bool isFlushing;
    private volatile bool result;
    private volatile bool ending;

    /// <param name="context">Surroundings.</param>
    /// <param name="file">Owned from here on unless this throws.</param>
    /// <param name="start">Where the guest sees it, a multiple of <see cref="PmemFile.Alignment"/>, beyond RAM.</param>
    /// <param name="mappings">Shows it to the guest.</param>
    /// <exception cref="ArgumentException">The start is not aligned.</exception>
    /// <exception cref="HostException">The range can't be mapped, or the host has no thread to give.</exception>
    public PmemDevice(VirtioDeviceContext context, PmemFile file, GuestAddress start, IGuestMappings mappings)
        : this(context, file, start, mappings, file is null ? throw new ArgumentNullException(nameof(file)) : file.Flush)
    {
    }

    /// <inheritdoc cref="PmemDevice(VirtioDeviceContext, PmemFile, GuestAddress, IGuestMappings)"/>
    /// <param name="flush">In place of the file's.</param>
    internal PmemDevice(VirtioDeviceContext context, PmemFile file, GuestAddress start, IGuestMappings mappings, Func<bool> flush)
        : base(VirtioDeviceType.PersistentMemory, context, [QueueSize], 0, CreateConfig(start, file))
    {
        this.file = file;
        this.flush = flush;
        completed = Complete;
        Range = new GuestRange(start, file.Mapping.Length);
        flusher = new Thread(RunFlusher, 128 * 1024) { Name = $"{context.Id}-flush", IsBackground = true };
        try
        {
            ArgumentNullException.ThrowIfNull(mappings);
            mapping = mappings.Map(start.Value, file.Mapping.Address, file.Mapping.Length, readOnly: false);
            HostThread.Start(flusher);
        }
        catch
        {
            mapping?.Dispose();
            Abandon();
            throw;
        }

        watch = file.TryWatch(() => TryReplaceLost());
        if (watch is not null)
        {
            _ = ControlLoop.Post(() => watch.Start(ControlLoop, this), this);
        }
    }

    /// <summary>
    /// The file may have been cut off: then zeros take the place of what it lacks, and the device is reported as failed. Its flushes
    /// fail from then on. Called when the file changes, and by whoever knows that a page can't be had. Thread: any, also vCPUs'.
    /// </summary>
    /// <returns>False when the file lacks nothing more; then it is not this device's page.</returns>
    public bool TryReplaceLost()
    {
        lock (gate)
        {
            if (ending || !file.TryReplaceLost())
            {
                return false;
            }
        }

        _ = ControlLoop.Post(ReportLoss, this);
        return true;
    }

    /// <summary>Where the guest sees the file.</summary>
    public GuestRange Range { get; }

    /// <inheritdoc/>
    protected override void StartQueue(Virtqueue queue) => this.queue = queue;

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        while (queue.TryPop(out DescriptorChain? chain))
        {
            SegmentReader reader = chain.Reader;
            if (chain.WritableLength < sizeof(uint) || !reader.TryRead(out uint type))
            {
                Log.GuestError(Id, "persistent memory request without type or room for its result");
                queue.Push(chain, 0);
            }
            else if (type != FlushRequest)
            {
                Log.GuestError(Id, "persistent memory request of unknown type");
                Answer(queue, chain, Failed);
            }
            else
            {
                waiting.Add(chain);
            }
        }

        FlushWaiting();
        return QueueWork.Done;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            ending = true;
        }

        work.Release();
        flusher.Join();
        work.Dispose();
        StopWatching();

        // The guest lets go before the pages go.
        mapping.Dispose();
        file.Dispose();
    }

    private static VirtioConfigSpace CreateConfig(GuestAddress start, PmemFile file)
    {
        if (start.Value % PmemFile.Alignment != 0)
        {
            throw new ArgumentException($"persistent memory at {start} is not at a multiple of {PmemFile.Alignment}");
        }

        var config = new VirtioConfigSpace(16);
        config.WriteUInt64(0, start.Value);
        config.WriteUInt64(8, file.Mapping.Length);
        return config;
    }

    private static void Answer(Virtqueue queue, DescriptorChain chain, uint value)
    {
        SegmentWriter writer = chain.Writer;
        _ = writer.TryWrite(value);
        queue.Push(chain, sizeof(uint));
    }

    private void StopWatching()
    {
        if (watch is null)
        {
            return;
        }

        using var stopped = new ManualResetEventSlim();
        if (ControlLoop.Post(
            () =>
            {
                watch.Dispose();
                stopped.Set();
            },
            this))
        {
            stopped.Wait();
        }
        else
        {
            watch.Dispose();
        }
    }

    /// <summary>Starts a flush for those that wait, unless one is under way. Thread: the queue's loop.</summary>
    private void FlushWaiting()
    {
        if (!isFlushing && waiting.Count != 0)
        {
            isFlushing = true;
            flushing.AddRange(waiting);
            waiting.Clear();
            work.Release();
        }
    }

    private void RunFlusher()
    {
        HostThread.SetCurrentName(flusher.Name!);
        while (true)
        {
            work.Wait();
            if (ending)
            {
                return;
            }

            result = flush();
            if (!result)
            {
                _ = ControlLoop.Post(ReportLoss, this);
            }

            // The queue is stopped only when its requests have been answered, so its loop still runs.
            _ = queue!.Loop.Post(completed, this);
        }
    }

    private void ReportLoss() => ReportFault(new IOException(
        file.IsWhole
            ? $"what the guest wrote could not be flushed to '{file.Path}'"
            : $"the file '{file.Path}' was cut off; behind its end the guest has zeros, and no flush succeeds any more"));

    private void Complete()
    {
        isFlushing = false;
        foreach (DescriptorChain chain in flushing)
        {
            Answer(queue!, chain, result ? Done : Failed);
        }

        flushing.Clear();
        queue!.SignalUsed();
        FlushWaiting();
    }
}
