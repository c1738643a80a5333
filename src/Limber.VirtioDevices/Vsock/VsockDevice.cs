using System;
using System.Collections.Generic;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vsock;

/// <summary>
/// A socket device (VIRTIO 1.2, 5.10) whose other end are Unix sockets of the host.
/// <code>
///   host program  --connect-->  PATH           says "CONNECT port\n", reads "OK hostport\n", then the stream
///   guest program --connect-->  host port P    arrives at the program that listens at PATH_P
///   queues   0 receive   1 transmit   2 events (none are sent)
/// </code>
/// </summary>
/// <remarks>
/// Streams only; at most <see cref="MaximumConnections"/>, each with a buffer of <see cref="VsockConnection.BufferSize"/> at most.
/// A guest that gives no receive buffers is not answered, and what it sends waits when too many answers are due. One that does
/// not answer a request for a connection in time has its connection reset: the program of the host can try again.
/// Everything runs on the first loop of the context.
/// </remarks>
public sealed class VsockDevice : VirtioDevice
{
    /// <summary>The host's context id.</summary>
    public const ulong HostContext = 2;

    /// <summary>Most connections, with those that are not established yet.</summary>
    public const int MaximumConnections = 1023;

    private const int Receive = 0;
    private const int Transmit = 1;

    // Linux gives up a connect of its own after this time.
    private static readonly TimeSpan DefaultRequestLimit = TimeSpan.FromSeconds(2);

    private readonly uint contextId;
    private readonly VsockHost host;
    private readonly VsockConnections connections;
    private readonly VsockOutbox outbox;
    private readonly IoVector[] vectors = GC.AllocateArray<IoVector>(DescriptorChain.MaximumSegments, pinned: true);
    private Virtqueue? receiveQueue;
    private Virtqueue? transmitQueue;
    private bool transmitWaits;

    /// <param name="context">Surroundings; of its loops the first is used.</param>
    /// <param name="contextId">The guest's context id, 3..0xfffffffe.</param>
    /// <param name="path">The socket of the host, made here and removed by Dispose; a stale one is replaced.</param>
    /// <param name="queueSize">Descriptors a queue, a power of two.</param>
    /// <exception cref="ArgumentException">The context id is reserved.</exception>
    /// <exception cref="Chardev.ChardevException">The path is in use or can't be used.</exception>
    public VsockDevice(VirtioDeviceContext context, uint contextId, string path, int queueSize = 256)
        : base(VirtioDeviceType.Socket, Narrow(context, contextId), [queueSize, queueSize, 64], 0, CreateConfig(contextId))
    {
        this.contextId = contextId;
        outbox = new VsockOutbox(this);
        try
        {
            ArgumentNullException.ThrowIfNull(path);
            host = new VsockHost(path);
        }
        catch
        {
            Abandon();
            throw;
        }

        connections = new VsockConnections(this, host, outbox);
    }

    /// <summary>How long the guest has to answer a request for a connection, and half as long again.</summary>
    internal TimeSpan RequestLimit { get; init; } = DefaultRequestLimit;

    /// <summary>Connections in the table. Thread: the loop's.</summary>
    internal int ConnectionCount => connections.Count;

    /// <summary>Whether there may be one more connection.</summary>
    internal bool HasRoom => connections.HasRoom;

    /// <summary>For one transfer at a time.</summary>
    internal Span<IoVector> Vectors => vectors;

    internal void CountOddity(string oddity) => Log.GuestError(Id, oddity);

    internal LoopSource Watch(FileDescriptor socket, LoopEvents events, Action<LoopEvents> onReady) =>
        ControlLoop.Add(socket, events, onReady, this);

    /// <summary>The connection may have something for the guest.</summary>
    internal void Queue(VsockConnection connection)
    {
        if (outbox.TryAdd(connection))
        {
            ScheduleReceive();
        }
    }

    /// <summary>There is something for the guest in the outbox.</summary>
    internal void ScheduleReceive() => receiveQueue?.Schedule();

    /// <inheritdoc cref="VsockConnections.Forget"/>
    internal void Forget(VsockConnection connection) => connections.Forget(connection);

    /// <summary>A program of the host did not say what it should.</summary>
    internal void End(VsockHandshake handshake)
    {
        handshake.Dispose();
        host.Remove(handshake);
    }

    /// <summary>A program of the host has named the guest's port.</summary>
    internal void Connect(VsockHandshake handshake, FileDescriptor socket, uint port)
    {
        host.Remove(handshake);
        connections.Connect(socket, port);
    }

    internal VsockHeader CreateHeader(VsockAddress address, VsockOperation operation) => new()
    {
        SourceContext = HostContext,
        DestinationContext = contextId,
        SourcePort = address.HostPort,
        DestinationPort = address.GuestPort,
        Type = VsockHeader.StreamType,
        Operation = operation,
    };

    /// <inheritdoc/>
    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        host.Start(this, ControlLoop);
        connections.Start(ControlLoop);
    }

    /// <inheritdoc/>
    protected override void Deactivate(Action deactivated)
    {
        ArgumentNullException.ThrowIfNull(deactivated);
        host.Stop();
        connections.Clear();
        outbox.Clear();
        deactivated();
    }

    /// <inheritdoc/>
    protected override void StartQueue(Virtqueue queue) => Use(queue, queue);

    /// <inheritdoc/>
    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        ArgumentNullException.ThrowIfNull(stopped);
        Use(queue, null);
        stopped();
    }

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queue.Index switch
        {
            Receive => ProcessReceive(queue),
            Transmit => ProcessTransmit(queue),

            // Events are of migration alone; the driver's buffers stay where they are.
            _ => QueueWork.Waiting,
        };
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => host.Dispose();

    private static VirtioDeviceContext Narrow(VirtioDeviceContext context, uint contextId)
    {
        ArgumentNullException.ThrowIfNull(context);
        return contextId is >= 3 and < uint.MaxValue
            ? context with { Loops = [context.Loops[0]] }
            : throw new ArgumentException($"the context id {contextId} of {context.Id} is not in 3..{uint.MaxValue - 1}");
    }

    private static VirtioConfigSpace CreateConfig(uint contextId)
    {
        var config = new VirtioConfigSpace(8);
        config.WriteUInt64(0, contextId);
        return config;
    }

    private void Use(Virtqueue queue, Virtqueue? started)
    {
        if (queue.Index == Receive)
        {
            receiveQueue = started;
        }
        else if (queue.Index == Transmit)
        {
            transmitQueue = started;
        }
    }

    private QueueWork ProcessReceive(Virtqueue queue)
    {
        while (!outbox.IsEmpty)
        {
            if (!queue.TryPop(out DescriptorChain? chain))
            {
                return QueueWork.Done;
            }

            if (chain.WritableLength < VsockHeader.Bytes + 1 || chain.ReadableLength != 0)
            {
                CountOddity("vsock receive buffer without room for a packet");
                queue.Push(chain, 0);
            }
            else if (outbox.TryFill(chain, out uint written))
            {
                queue.Push(chain, written);
                if (transmitWaits)
                {
                    transmitWaits = false;
                    transmitQueue?.Schedule();
                }
            }
            else
            {
                queue.Unpop(chain);
            }
        }

        return QueueWork.Waiting;
    }

    private QueueWork ProcessTransmit(Virtqueue queue)
    {
        while (!outbox.IsFull)
        {
            if (!queue.TryPop(out DescriptorChain? chain))
            {
                return QueueWork.Done;
            }

            SegmentReader reader = chain.Reader;
            if (reader.TryRead(out VsockHeader header) && header.SourceContext == contextId)
            {
                connections.Handle(header, chain);
            }
            else
            {
                CountOddity("vsock packet without a header, or not of this guest");
            }

            queue.Push(chain, 0);
        }

        transmitWaits = true;
        return QueueWork.Waiting;
    }
}
