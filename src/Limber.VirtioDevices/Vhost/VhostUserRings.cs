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
    private readonly VhostUserBackend backend;

    private VhostUserRings(string path, VhostUserBackend backend)
    {
        Name = path;
        this.backend = backend;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong Features => backend.Features & ~VhostUserBackend.ProtocolFeaturesBit;

    /// <inheritdoc/>
    public int? MaximumQueues => (backend.ProtocolFeatures & VhostUserProtocolFeatures.MultipleQueues) != 0
        ? (int)Math.Min(backend.MaximumQueues, ushort.MaxValue)
        : null;

    /// <inheritdoc/>
    public FileDescriptor? LossDescriptor => backend.Descriptor;

    /// <inheritdoc/>
    public LoopEvents LossEvents => LoopEvents.ReadHangup;

    /// <inheritdoc/>
    public bool CheckLost() => true;

    /// <summary>Connects and negotiates.</summary>
    /// <param name="path">The back end's socket.</param>
    /// <param name="limit">How long a call waits for an answer.</param>
    /// <exception cref="VhostUserException">Nobody listens, or nobody answers.</exception>
    public static VhostUserRings Connect(string path, TimeSpan limit)
    {
        var backend = new VhostUserBackend(VhostUserSocket.Connect(path, limit));
        try
        {
            backend.Negotiate(VhostUserProtocolFeatures.None);
            return new VhostUserRings(path, backend);
        }
        catch
        {
            backend.Dispose();
            throw;
        }
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

        foreach (GuestMemoryRegion region in memory.Regions)
        {
            if (region.Mapping.File is null)
            {
                throw new VhostUserException(
                    $"the back end {Name} is another process and needs shared guest memory (memory-backend-memfd,share=on, or shared=on)");
            }
        }
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
    public void Dispose() => backend.Dispose();
}
