using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using Limber.Memory;

namespace Limber.VhostUser;

/// <summary>
/// A device's back end in another process, by the vhost-user protocol: it gets the guest's memory, the queues' places and their
/// events, and moves the data itself.
/// <code>
///   Negotiate --> SetMemory --> StartRing for each --> (the back end works) --> StopRing for each --> Dispose
/// </code>
/// </summary>
/// <remarks>Thread: one at a time. No call waits for ever; after an exception the connection is of no further use.</remarks>
public sealed class VhostUserBackend : IDisposable
{
    /// <summary>Virtio feature bit by which a back end says that it speaks protocol features.</summary>
    public const ulong ProtocolFeaturesBit = 1UL << 30;

    private const int RegionSize = 32;
    private const ulong NoDescriptor = 1UL << 8;

    private readonly VhostUserSocket socket;
    private GuestMemory? memory;

    /// <param name="socket">The connection, owned from here on.</param>
    public VhostUserBackend(VhostUserSocket socket) => this.socket = socket;

    /// <summary>For <c>epoll</c>: hangs up when the back end is gone.</summary>
    public Interop.FileDescriptor Descriptor => socket.Descriptor;

    /// <summary>The virtio features the back end offers.</summary>
    public ulong Features { get; private set; }

    /// <summary>The protocol features both sides have.</summary>
    public VhostUserProtocolFeatures ProtocolFeatures { get; private set; }

    /// <summary>The most queues, or 1 when the back end does not say.</summary>
    public ulong MaximumQueues { get; private set; } = 1;

    /// <summary>Learns what the back end can do. First of all calls.</summary>
    /// <param name="wanted">Protocol features the device can use.</param>
    /// <exception cref="VhostUserException">As for every call.</exception>
    public void Negotiate(VhostUserProtocolFeatures wanted)
    {
        Features = Ask(VhostUserRequest.GetFeatures);
        Tell(VhostUserRequest.SetOwner, [], []);
        if ((Features & ProtocolFeaturesBit) == 0)
        {
            return;
        }

        VhostUserProtocolFeatures common = (VhostUserProtocolFeatures)Ask(VhostUserRequest.GetProtocolFeatures)
            & (wanted | VhostUserProtocolFeatures.ReplyAcknowledge | VhostUserProtocolFeatures.MultipleQueues);
        Tell(VhostUserRequest.SetProtocolFeatures, (ulong)common);
        ProtocolFeatures = common;
        if ((common & VhostUserProtocolFeatures.MultipleQueues) != 0)
        {
            MaximumQueues = Ask(VhostUserRequest.GetQueueNumber);
        }
    }

    /// <summary>Tells a network back end the MTU that the guest is told, if it wants to know.</summary>
    /// <exception cref="VhostUserException">It does not accept this one.</exception>
    public void SetMtu(int mtu)
    {
        if ((ProtocolFeatures & VhostUserProtocolFeatures.NetworkMtu) != 0)
        {
            Tell(VhostUserRequest.NetSetMtu, (ulong)mtu);
        }
    }

    /// <summary>Tells the features the driver has accepted.</summary>
    public void SetFeatures(ulong features) => Tell(VhostUserRequest.SetFeatures, features | (Features & ProtocolFeaturesBit));

    /// <summary>Hands the guest's memory over; the same call replaces it.</summary>
    /// <exception cref="VhostUserException">It is not shared, or has more regions than the protocol carries.</exception>
    public void SetMemory(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ImmutableArray<GuestMemoryRegion> regions = memory.Regions;
        if (regions.Length > VhostUserSocket.MaximumDescriptors)
        {
            throw new VhostUserException($"guest memory of {regions.Length} regions exceeds the {VhostUserSocket.MaximumDescriptors} of vhost-user");
        }

        Span<byte> payload = stackalloc byte[8 + (RegionSize * VhostUserSocket.MaximumDescriptors)];
        Span<int> descriptors = stackalloc int[VhostUserSocket.MaximumDescriptors];
        payload.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(payload, (uint)regions.Length);
        for (int i = 0; i < regions.Length; i++)
        {
            GuestMemoryRegion region = regions[i];
            Span<byte> entry = payload[(8 + (RegionSize * i))..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, region.Range.Start.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], region.Range.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], (ulong)region.Mapping.Address);
            descriptors[i] = region.Mapping.File?.Number
                ?? throw new VhostUserException("a back end in another process needs shared guest memory (memory-backend-memfd,share=on, or shared=on)");
        }

        Tell(VhostUserRequest.SetMemoryTable, payload[..(8 + (RegionSize * regions.Length))], descriptors[..regions.Length]);
        this.memory = memory;
    }

    /// <summary>Starts a queue.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="ring">Its place and events; the events must outlive it.</param>
    /// <exception cref="VhostUserException">The ring does not lie in the memory that was handed over.</exception>
    public void StartRing(uint index, VhostUserRing ring)
    {
        ArgumentNullException.ThrowIfNull(ring);
        TellRing(VhostUserRequest.SetVringNumber, index, ring.Size);
        TellRing(VhostUserRequest.SetVringBase, index, ring.Base);
        Span<byte> address = stackalloc byte[40];
        address.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(address, index);
        BinaryPrimitives.WriteUInt64LittleEndian(address[8..], ToHost(ring.Descriptors));
        BinaryPrimitives.WriteUInt64LittleEndian(address[16..], ToHost(ring.Device));
        BinaryPrimitives.WriteUInt64LittleEndian(address[24..], ToHost(ring.Driver));
        Tell(VhostUserRequest.SetVringAddress, address, []);
        TellEvent(VhostUserRequest.SetVringCall, index, ring.Call.Descriptor.Number);
        TellEvent(VhostUserRequest.SetVringKick, index, ring.Kick.Descriptor.Number);
        if ((Features & ProtocolFeaturesBit) != 0)
        {
            TellRing(VhostUserRequest.SetVringEnable, index, 1);
        }
    }

    /// <summary>Stops a queue; when this has returned the back end no longer touches it.</summary>
    /// <returns>Index of the first entry that it has not taken.</returns>
    public ushort StopRing(uint index)
    {
        Span<byte> payload = stackalloc byte[VhostUserSocket.MaximumPayload];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, index);
        socket.Send(VhostUserRequest.GetVringBase, 0, payload[..8], []);
        int length = ReceiveReply(VhostUserRequest.GetVringBase, payload);
        return length == 8
            ? unchecked((ushort)BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]))
            : throw WrongSize(VhostUserRequest.GetVringBase, length, 8);
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private ulong ToHost(GuestAddress address) =>
        memory is not null && memory.TryTranslate(address, out nint host, out _)
            ? (ulong)host
            : throw new VhostUserException($"the queue at {address} is not in the guest's memory");

    private ulong Ask(VhostUserRequest request)
    {
        socket.Send(request, 0, [], []);
        Span<byte> payload = stackalloc byte[VhostUserSocket.MaximumPayload];
        int length = ReceiveReply(request, payload);
        return length == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(payload) : throw WrongSize(request, length, 8);
    }

    private void Tell(VhostUserRequest request, ulong value)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, value);
        Tell(request, payload, []);
    }

    private void TellRing(VhostUserRequest request, uint index, uint value)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, index);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], value);
        Tell(request, payload, []);
    }

    private void TellEvent(VhostUserRequest request, uint index, int descriptor)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, descriptor >= 0 ? index : index | NoDescriptor);
        Tell(request, payload, descriptor >= 0 ? [descriptor] : []);
    }

    // With acknowledgements a refusal is known at once; without, it shows when the back end hangs up.
    private void Tell(VhostUserRequest request, ReadOnlySpan<byte> payload, ReadOnlySpan<int> descriptors)
    {
        bool acknowledged = (ProtocolFeatures & VhostUserProtocolFeatures.ReplyAcknowledge) != 0;
        socket.Send(request, acknowledged ? VhostUserSocket.NeedReplyFlag : 0, payload, descriptors);
        if (!acknowledged)
        {
            return;
        }

        Span<byte> answer = stackalloc byte[VhostUserSocket.MaximumPayload];
        int length = ReceiveReply(request, answer);
        if (length != 8)
        {
            throw WrongSize(request, length, 8);
        }

        ulong result = BinaryPrimitives.ReadUInt64LittleEndian(answer);
        if (result != 0)
        {
            throw new VhostUserException($"the back end refused {request} with {unchecked((long)result)}");
        }
    }

    private int ReceiveReply(VhostUserRequest request, Span<byte> payload)
    {
        (VhostUserRequest answered, uint flags, int length) = socket.Receive(payload, null);
        return answered == request && (flags & VhostUserSocket.ReplyFlag) != 0
            ? length
            : throw new VhostUserException($"the back end answered {request} with {answered} (flags 0x{flags:x})");
    }

    private static VhostUserException WrongSize(VhostUserRequest request, int length, int expected) =>
        new($"the back end answered {request} with {length} bytes, not {expected}");
}
