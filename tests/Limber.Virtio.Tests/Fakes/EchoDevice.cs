using System;
using System.Collections.Generic;

namespace Limber.Virtio.Tests.Fakes;

/// <summary>Answers each request with its own bytes, at once or when told.</summary>
internal sealed class EchoDevice : VirtioDevice
{
    private const int SocketType = (int)VirtioDeviceType.Socket;
    private readonly byte[] buffer = new byte[256];

    public EchoDevice(VirtioDeviceContext context, int queues = 1)
        : base((VirtioDeviceType)SocketType, context, Sizes(queues), 0, CreateConfig())
    {
    }

    /// <summary>Keeps chains instead of answering.</summary>
    public bool Keeps { get; set; }

    public List<DescriptorChain> Kept { get; } = [];

    public Exception? Throws { get; set; }

    public int Activations { get; private set; }

    public int Deactivations { get; private set; }

    public Virtqueue? Last { get; private set; }

    public List<QueueStopReason> Stops { get; } = [];

    /// <summary>On reset gives kept chains up by itself.</summary>
    public bool AbandonsOnReset { get; set; }

    public int Turns { get; private set; }

    public void Answer(Virtqueue queue, DescriptorChain chain)
    {
        SegmentReader reader = chain.Reader;
        SegmentWriter writer = chain.Writer;
        int count;
        while ((count = reader.Read(buffer)) != 0)
        {
            writer.Write(buffer.AsSpan(0, count));
        }

        queue.Push(chain, (uint)writer.Position);
    }

    public void ChangeConfig(uint value)
    {
        Config.WriteUInt32(0, value);
        NotifyConfigChanged();
    }

    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues) => Activations++;

    protected override void Deactivate(Action deactivated)
    {
        Deactivations++;
        deactivated();
    }

    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        Stops.Add(reason);
        if (reason != QueueStopReason.Pause && AbandonsOnReset)
        {
            Kept.ForEach(queue.Abandon);
            Kept.Clear();
        }

        stopped();
    }

    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        Last = queue;
        Turns++;
        while (queue.TryPop(out DescriptorChain? chain))
        {
            if (Throws is not null)
            {
                throw Throws;
            }

            if (Keeps)
            {
                Kept.Add(chain);
            }
            else
            {
                Answer(queue, chain);
            }
        }

        return QueueWork.Done;
    }

    private static int[] Sizes(int queues)
    {
        int[] sizes = new int[queues];
        Array.Fill(sizes, 256);
        return sizes;
    }

    private static VirtioConfigSpace CreateConfig()
    {
        var config = new VirtioConfigSpace(12);
        config.AllowWrites(4, 2);
        return config;
    }
}
