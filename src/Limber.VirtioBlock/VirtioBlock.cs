using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text;
using System.Threading;
using Limber.Block;
using Limber.Device.RateLimits;
using Limber.Virtio;

namespace Limber.VirtioBlock;

/// <summary>A disk (VIRTIO 1.2, 5.2) in front of an image.</summary>
/// <remarks>
/// Requests go to the host as they are taken from the ring, and complete in any order. The image outlives resets of the
/// device; requests that were in flight when the driver reset it are finished first, so that a reset never leaves a write half done.
/// Thread: public members any.
/// </remarks>
public sealed class VirtioBlock : VirtioDevice
{
    private const int SectorSize = 512;
    private const int SerialSize = 20;
    private const uint MaximumSectors = int.MaxValue;

    private readonly IBlockImage image;
    private readonly BlockRequestQueue[] queues;
    private readonly bool ownsImage;
    private readonly ImageFlush flush;
    private int activeFeaturesLow;

    /// <param name="context">Surroundings.</param>
    /// <param name="image">The disk's content.</param>
    /// <param name="ownsImage">Dispose of the image with the device.</param>
    /// <param name="options">What the guest sees.</param>
    /// <exception cref="ArgumentException">A value is out of bounds.</exception>
    /// <exception cref="BlockImageException">The host has no room for the image's queues.</exception>
    public VirtioBlock(VirtioDeviceContext context, IBlockImage image, bool ownsImage, VirtioBlockOptions options)
        : base(VirtioDeviceType.Block, context, Sizes(context, options), Features(image, options), MakeConfig(image, options))
    {
        ArgumentNullException.ThrowIfNull(image);
        this.image = image;
        this.ownsImage = ownsImage;
        Serial = Encoding.UTF8.GetBytes(options.Serial);
        Limiter = options.RateLimiter;
        IsReadOnly = image.IsReadOnly || options.ReadOnly;
        OffersDiscard = (Features(image, options) & BlockFeatures.Discard) != 0;
        OffersWriteZeroes = (Features(image, options) & BlockFeatures.WriteZeroes) != 0;
        var opened = new List<BlockRequestQueue>();
        try
        {
            for (int i = 0; i < options.Queues; i++)
            {
                opened.Add(new BlockRequestQueue(this, image, options.QueueSize));
            }
        }
        catch
        {
            opened.ForEach(q => q.Dispose());
            Abandon();
            throw;
        }

        queues = [.. opened];
        flush = new ImageFlush(ControlLoop, this, image, error => Report(new BlockFailure(BlockRequestKind.Flush, error)));
    }

    /// <summary>The host could not carry out a request. Thread: a loop's; a handler queues and returns.</summary>
    public event Action<BlockFailure>? Failed;

    /// <summary>The guest may not write.</summary>
    public bool IsReadOnly { get; }

    internal byte[] Serial { get; }

    internal RateLimiter? Limiter { get; }

    internal bool OffersDiscard { get; }

    internal bool OffersWriteZeroes { get; }

    /// <summary>The driver expects every completed write to be on the disk: it knows of no cache, or has switched it off.</summary>
    internal bool WritesThrough =>
        image.HasWriteCache
        && ((Volatile.Read(ref activeFeaturesLow) & (int)BlockFeatures.Flush) == 0
            || ((Volatile.Read(ref activeFeaturesLow) & (int)BlockFeatures.ConfigWriteback) != 0
                && (Config.ReadUInt32(BlockConfigLayout.Writeback) & 1) == 0));

    /// <summary>Tells the guest that the image has another capacity now.</summary>
    public void NotifyResized()
    {
        Config.WriteUInt64(BlockConfigLayout.Capacity, image.Capacity / SectorSize);
        NotifyConfigChanged();
    }

    /// <summary>
    /// Has everything written to the host's disk that the guest's requests have changed, as far as they have completed. What the disk refuses
    /// is reported as the guest's own flushes are (<see cref="Failed"/>).
    /// </summary>
    /// <param name="done">Called once, on the control loop, when it is written or can't be.</param>
    /// <returns>False when there is nothing to write, or the device's loop has ended; nobody is called.</returns>
    public bool RequestFlush(Action done) => image is { IsReadOnly: false, HasWriteCache: true } && flush.Request(done);

    internal void CountOddity(string oddity) => Log.GuestError(Id, oddity);

    internal void Report(BlockFailure failure) => Failed?.Invoke(failure);

    /// <inheritdoc/>
    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues) =>
        Volatile.Write(ref activeFeaturesLow, unchecked((int)features));

    /// <inheritdoc/>
    protected override void StartQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        queues[queue.Index].Start(queue);
    }

    /// <inheritdoc/>
    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(stopped);
        if (reason != QueueStopReason.Pause)
        {
            queues[queue.Index].Stop();
        }
        else
        {
            // A request that waits is started before the queue counts as stopped.
            queues[queue.Index].Pause();
        }

        stopped();
    }

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queues[queue.Index].Process();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        flush.Dispose();
        foreach (BlockRequestQueue queue in queues)
        {
            queue.Dispose();
        }

        if (ownsImage)
        {
            image.Dispose();
        }
    }

    private static int[] Sizes(VirtioDeviceContext context, VirtioBlockOptions options)
    {
        int serial = Encoding.UTF8.GetByteCount(options.Serial);
        if (serial > SerialSize)
        {
            throw new ArgumentException($"the serial number '{options.Serial}' of {context.Id} has {serial} bytes, more than {SerialSize}");
        }

        return options.Queues is >= 1 and <= VirtioBlockOptions.MaximumQueues
            ? [.. Enumerable.Repeat(options.QueueSize, options.Queues)]
            : throw new ArgumentException($"a disk has 1 to {VirtioBlockOptions.MaximumQueues} queues, not {options.Queues}");
    }

    private static ulong Features(IBlockImage image, VirtioBlockOptions options)
    {
        bool readOnly = image.IsReadOnly || options.ReadOnly;
        ulong features = BlockFeatures.SegmentMaximum | BlockFeatures.BlockSize | BlockFeatures.Topology;
        features |= readOnly ? BlockFeatures.ReadOnly : 0;
        features |= image.HasWriteCache ? BlockFeatures.Flush | BlockFeatures.ConfigWriteback : 0;
        features |= options.Queues > 1 ? BlockFeatures.MultipleQueues : 0;
        features |= !readOnly && image.Limits.MaxDiscardBytes != 0 ? BlockFeatures.Discard : 0;
        features |= !readOnly && image.Limits.MaxWriteZeroesBytes != 0 ? BlockFeatures.WriteZeroes : 0;
        return features;
    }

    private static VirtioConfigSpace MakeConfig(IBlockImage image, VirtioBlockOptions options)
    {
        var config = new VirtioConfigSpace(BlockConfigLayout.Length);
        config.WriteUInt64(BlockConfigLayout.Capacity, image.Capacity / SectorSize);

        // Header and status take two descriptors of every request.
        config.WriteUInt32(BlockConfigLayout.SegmentMaximum, (uint)Math.Max(options.QueueSize - 2, 1));
        config.WriteUInt32(BlockConfigLayout.BlockSize, (uint)image.LogicalBlockSize);
        int ratio = Math.Max(image.PhysicalBlockSize / image.LogicalBlockSize, 1);
        config.Write(BlockConfigLayout.PhysicalBlockExponent, [(byte)BitOperations.Log2((uint)ratio)]);
        config.WriteUInt16(BlockConfigLayout.MinimumIoSize, (ushort)ratio);
        config.WriteUInt32(BlockConfigLayout.OptimalIoSize, 0);
        config.Write(BlockConfigLayout.Writeback, [image.HasWriteCache ? (byte)1 : (byte)0]);
        config.AllowWrites(BlockConfigLayout.Writeback, 1);
        config.WriteUInt16(BlockConfigLayout.Queues, (ushort)options.Queues);
        config.WriteUInt32(BlockConfigLayout.DiscardMaximumSectors, Sectors(image.Limits.MaxDiscardBytes));
        config.WriteUInt32(BlockConfigLayout.DiscardMaximumSegments, 1);
        config.WriteUInt32(BlockConfigLayout.DiscardAlignment, Math.Max(image.Limits.DiscardAlignment / SectorSize, 1));
        config.WriteUInt32(BlockConfigLayout.WriteZeroesMaximumSectors, Sectors(image.Limits.MaxWriteZeroesBytes));
        config.WriteUInt32(BlockConfigLayout.WriteZeroesMaximumSegments, 1);
        config.Write(BlockConfigLayout.WriteZeroesMayUnmap, [1]);
        return config;
    }

    private static uint Sectors(ulong bytes) => (uint)Math.Min(bytes / SectorSize, MaximumSectors);
}
