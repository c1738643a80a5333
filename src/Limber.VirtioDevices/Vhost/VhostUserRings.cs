using System;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;
using Limber.VhostUser;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vhost;

/// <summary>A vhost-user back end as the server of a device's rings.</summary>
public sealed class VhostUserRings : IRingBackend
{
    private readonly VhostUserEndpoint endpoint;
    private readonly TimeSpan limit;
    private VhostUserBackend backend;
    private int? mtu;

    private VhostUserRings(VhostUserEndpoint endpoint, VhostUserBackend backend, TimeSpan limit)
    {
        this.endpoint = endpoint;
        this.backend = backend;
        this.limit = limit;
        Features = OwnFeatures(backend);
        MaximumQueues = CountQueues(backend);
    }

    /// <inheritdoc/>
    public string Name => endpoint.Path;

    /// <inheritdoc/>
    /// <remarks>Those of the first back end; one that comes back has them, too.</remarks>
    public ulong Features { get; }

    /// <inheritdoc/>
    public int? MaximumQueues { get; }

    /// <inheritdoc/>
    public FileDescriptor? LossDescriptor => backend.Descriptor;

    /// <inheritdoc/>
    public LoopEvents LossEvents => LoopEvents.ReadHangup;

    /// <inheritdoc/>
    public TimeSpan? RetryInterval { get; init; }

    /// <summary>Connects to a back end that listens, and negotiates.</summary>
    /// <param name="path">The back end's socket.</param>
    /// <param name="limit">How long a call waits for an answer.</param>
    /// <exception cref="VhostUserException">Nobody listens, or nobody answers.</exception>
    public static VhostUserRings Connect(string path, TimeSpan limit) => Connect(new VhostUserEndpoint(path, listens: false), limit, limit);

    /// <summary>Connects, or lets the back end connect, and negotiates.</summary>
    /// <param name="endpoint">Where; owned from here on, also when this throws.</param>
    /// <param name="patience">How long to wait for a back end that is to connect.</param>
    /// <param name="limit">How long a call waits for an answer.</param>
    /// <param name="retryInterval">After which time to look again for a back end that is gone; null to give it up.</param>
    /// <exception cref="VhostUserException">Nobody is there, or nobody answers.</exception>
    public static VhostUserRings Connect(VhostUserEndpoint endpoint, TimeSpan patience, TimeSpan limit, TimeSpan? retryInterval = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        try
        {
            return new VhostUserRings(endpoint, Negotiate(endpoint, patience, limit), limit) { RetryInterval = retryInterval };
        }
        catch
        {
            endpoint.Dispose();
            throw;
        }
    }

    /// <summary>Throws unless other processes can map all of the guest's memory.</summary>
    /// <param name="memory">The guest's.</param>
    /// <param name="path">The back end's socket.</param>
    /// <exception cref="VhostUserException">Some of it is private.</exception>
    public static void RequireShared(GuestMemory memory, string path)
    {
        ArgumentNullException.ThrowIfNull(memory);
        foreach (GuestMemoryRegion region in memory.Regions)
        {
            if (region.Mapping.File is null)
            {
                throw new VhostUserException(
                    $"the back end {path} is another process and needs shared guest memory (memory-backend-memfd,share=on, or shared=on)");
            }
        }
    }

    /// <summary>Tells a network back end the MTU that the guest is told, if it is told one.</summary>
    /// <exception cref="VhostUserException">The back end does not accept it.</exception>
    public void SetMtu(int? mtu)
    {
        this.mtu = mtu;
        TellMtu(backend);
    }

    /// <inheritdoc/>
    public bool CheckLost() => true;

    /// <inheritdoc/>
    public void Disconnect() => backend.Dispose();

    /// <inheritdoc/>
    public bool TryReconnect()
    {
        if (!endpoint.TryConnect(limit, out VhostUserSocket? socket))
        {
            return false;
        }

        VhostUserBackend next = Negotiate(socket);
        try
        {
            if ((Features & ~OwnFeatures(next)) is var missing and not 0)
            {
                throw new VhostUserException($"the back end {Name} came back without its features 0x{missing:x}");
            }

            if (CountQueues(next) is { } queues && queues < MaximumQueues)
            {
                throw new VhostUserException($"the back end {Name} came back with {queues} queues, not {MaximumQueues}");
            }

            TellMtu(next);
        }
        catch
        {
            next.Dispose();
            throw;
        }

        backend = next;
        return true;
    }

    /// <inheritdoc/>
    public void CheckMemory(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.Regions.Length > VhostUserSocket.MaximumDescriptors)
        {
            throw new VhostUserException(
                $"guest memory of {memory.Regions.Length} regions exceeds the {VhostUserSocket.MaximumDescriptors} of the back end {Name}");
        }

        RequireShared(memory, Name);
    }

    /// <inheritdoc/>
    public void SetFeatures(ulong features) => backend.SetFeatures(features);

    /// <inheritdoc/>
    public void SetMemory(GuestMemory memory) => backend.SetMemory(memory);

    /// <inheritdoc/>
    public void StartRing(int index, in VirtqueueSettings settings, ushort first, HostEvent kick, HostEvent call) =>
        backend.StartRing((uint)index, new VhostUserRing
        {
            Size = (uint)settings.Size,
            Base = first,
            Descriptors = settings.Descriptors,
            Driver = settings.Driver,
            Device = settings.Device,
            Kick = kick,
            Call = call,
        });

    /// <inheritdoc/>
    public ushort StopRing(int index) => backend.StopRing((uint)index);

    /// <inheritdoc/>
    public void Dispose()
    {
        backend.Dispose();
        endpoint.Dispose();
    }

    private static VhostUserBackend Negotiate(VhostUserEndpoint endpoint, TimeSpan patience, TimeSpan limit) =>
        Negotiate(endpoint.Connect(patience, limit));

    private static VhostUserBackend Negotiate(VhostUserSocket socket)
    {
        var backend = new VhostUserBackend(socket);
        try
        {
            backend.Negotiate(VhostUserProtocolFeatures.NetworkMtu);
            return backend;
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    private static ulong OwnFeatures(VhostUserBackend backend) => backend.Features & ~VhostUserBackend.ProtocolFeaturesBit;

    private static int? CountQueues(VhostUserBackend backend) => (backend.ProtocolFeatures & VhostUserProtocolFeatures.MultipleQueues) != 0
        ? (int)Math.Min(backend.MaximumQueues, ushort.MaxValue)
        : null;

    private void TellMtu(VhostUserBackend to)
    {
        if (mtu is { } value)
        {
            to.SetMtu(value);
        }
    }
}
