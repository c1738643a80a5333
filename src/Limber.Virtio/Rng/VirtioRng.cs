using System;
using System.Diagnostics;
using Limber.Device.Loop;

namespace Limber.Virtio.Rng;

/// <summary>An entropy device (VIRTIO 1.2, 5.4): one queue whose buffers it fills with random bytes.</summary>
/// <remarks>
/// A buffer gets at least one byte and at most <see cref="BytesPerRequest"/>, as 5.4.6.1 allows; so a guest that offers gigabytes
/// costs no more than one that offers a page. Chains are taken only when there is something to put into them, so none is ever
/// in flight between turns.
/// </remarks>
public sealed class VirtioRng : VirtioDevice
{
    /// <summary>Most bytes that one request gets.</summary>
    public const int BytesPerRequest = 4096;

    private const int QueueSize = 256;
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(20);
    private readonly IEntropySource source;
    private readonly VirtioRngOptions options;
    private readonly byte[] entropy = new byte[BytesPerRequest];
    private readonly LoopTimer timer;
    private Virtqueue? queue;
    private int available;
    private long quota;
    private long periodStart;

    /// <param name="context">Surroundings.</param>
    /// <param name="source">Owned by the device from here on, unless this throws.</param>
    /// <param name="options">Limits.</param>
    public VirtioRng(VirtioDeviceContext context, IEntropySource source, VirtioRngOptions options)
        : base(VirtioDeviceType.Entropy, Check(context, source, options), [QueueSize], 0, new VirtioConfigSpace(0))
    {
        this.source = source;
        this.options = options;
        quota = options.MaximumBytes;
        periodStart = Stopwatch.GetTimestamp();
        timer = ControlLoop.CreateTimer(OnTimer, this);
    }

    /// <inheritdoc/>
    protected override void StartQueue(Virtqueue queue) => this.queue = queue;

    /// <inheritdoc/>
    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        timer.Stop();
        this.queue = null;
        stopped();
    }

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        while (true)
        {
            TimeSpan wait = Prepare();
            if (wait != TimeSpan.Zero)
            {
                timer.Start(wait);
                return QueueWork.Waiting;
            }

            if (!queue.TryPop(out DescriptorChain? chain))
            {
                return QueueWork.Done;
            }

            if (chain.ReadableLength != 0)
            {
                Log.GuestError(Id, "device-readable buffer for an entropy device");
            }

            queue.Push(chain, Fill(chain.Writer));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => source.Dispose();

    private void OnTimer() => queue?.Schedule();

    /// <summary>Makes sure that there is a byte to give; otherwise says how long to wait.</summary>
    private TimeSpan Prepare()
    {
        if (quota == 0)
        {
            TimeSpan elapsed = Stopwatch.GetElapsedTime(periodStart);
            if (elapsed < options.Period)
            {
                return options.Period - elapsed;
            }

            quota = options.MaximumBytes;
            periodStart = Stopwatch.GetTimestamp();
        }

        if (available == 0)
        {
            available = source.Read(entropy);
        }

        return available == 0 ? RetryTime : TimeSpan.Zero;
    }

    private uint Fill(SegmentWriter writer)
    {
        uint total = 0;
        while (writer.Remaining != 0 && total < BytesPerRequest && quota != 0)
        {
            if (available == 0 && (available = source.Read(entropy)) == 0)
            {
                break;
            }

            int count = (int)Math.Min(Math.Min(available, quota), Math.Min(writer.Remaining, BytesPerRequest - total));

            // Taken from the end and wiped, so that no byte is ever given out twice.
            Span<byte> taken = entropy.AsSpan(available - count, count);
            writer.Write(taken);
            taken.Clear();
            available -= count;
            quota -= options.MaximumBytes == long.MaxValue ? 0 : count;
            total += (uint)count;
        }

        return total;
    }

    private static VirtioDeviceContext Check(VirtioDeviceContext context, IEntropySource source, VirtioRngOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        return options.MaximumBytes >= 1 && options.Period >= TimeSpan.FromMilliseconds(1)
            ? context
            : throw new ArgumentException(
                $"entropy limit of {options.MaximumBytes} bytes in {options.Period} for {context.Id} is not at least a byte and a millisecond");
    }
}
