using System;
using System.Text;
using Limber.Interop;
using Limber.Virtio;
using Limber.VirtioDevices.Vhost;

namespace Limber.VirtioDevices.Fs;

/// <summary>
/// A shared directory (VIRTIO 1.2, 5.11) that a vhost-user back end such as virtiofsd serves. When that is gone, every
/// request is answered with ENOTCONN, as the guest's kernel answers for a FUSE server of its own that died.
/// <code>
///   configuration   0 tag[36]   36 le32 num_request_queues
///   queues          0 high priority   1.. requests
/// </code>
/// </summary>
public sealed class FsDevice : HandOverDevice
{
    private const int TagLength = 36;

    /// <param name="context">Surroundings.</param>
    /// <param name="rings">The connection; owned from here on unless this throws.</param>
    /// <param name="tag">The name the guest mounts it by, 1 to 36 bytes of UTF-8.</param>
    /// <param name="requestQueues">1 to 64.</param>
    /// <param name="queueSize">Descriptors a queue, a power of two.</param>
    /// <exception cref="ArgumentException">A value is out of bounds, or the back end has fewer queues.</exception>
    /// <exception cref="VhostUser.VhostUserException">The guest's memory is not shared.</exception>
    public FsDevice(VirtioDeviceContext context, VhostUserRings rings, string tag, int requestQueues = 1, int queueSize = 1024)
        : base(
            VirtioDeviceType.FileSystem,
            context,
            rings,
            QueueSizes(rings, requestQueues, queueSize),
            0,
            CreateConfig(tag, requestQueues))
    {
    }

    /// <inheritdoc/>
    protected override bool AnswersForLostBackend => true;

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        for (int i = 0; i < ChainsPerTurn && queue.TryPop(out DescriptorChain? chain); i++)
        {
            queue.Push(chain, FuseReply.WriteError(chain, ErrorNumber.ENOTCONN));
        }

        return QueueWork.Done;
    }

    private static int[] QueueSizes(VhostUserRings rings, int requestQueues, int queueSize)
    {
        ArgumentNullException.ThrowIfNull(rings);
        if (requestQueues is < 1 or > 64)
        {
            throw new ArgumentException($"{requestQueues} request queues are not in 1..64");
        }

        if (rings.MaximumQueues < requestQueues + 1)
        {
            throw new ArgumentException($"the back end {rings.Name} has {rings.MaximumQueues} queues, not {requestQueues + 1}");
        }

        int[] sizes = new int[requestQueues + 1];
        Array.Fill(sizes, queueSize);
        return sizes;
    }

    private static VirtioConfigSpace CreateConfig(string tag, int requestQueues)
    {
        ArgumentNullException.ThrowIfNull(tag);
        byte[] bytes = Encoding.UTF8.GetBytes(tag);
        if (bytes.Length is 0 or > TagLength)
        {
            throw new ArgumentException($"the tag '{tag}' has {bytes.Length} bytes, not 1 to {TagLength}");
        }

        var config = new VirtioConfigSpace(TagLength + 4);
        config.Write(0, bytes);
        config.WriteUInt32(TagLength, (uint)requestQueues);
        return config;
    }
}
