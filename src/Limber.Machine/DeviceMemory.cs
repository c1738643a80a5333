using System;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Machine;

/// <summary>The pages of a memory device and their place in the guest's addresses; dispose it to give back both.</summary>
/// <remarks>Thread: one at a time, without the control lock.</remarks>
internal sealed class DeviceMemory : IDisposable
{
    private readonly MemorySpace space;
    private readonly MemoryBackendSet backends;
    private readonly string? backendName;
    private bool published;

    private DeviceMemory(MemorySpace space, MemoryBackendSet backends, MemoryBackendConfig config, string? backendName, GuestMemoryRegion region)
    {
        this.space = space;
        this.backends = backends;
        this.backendName = backendName;
        Config = config;
        Region = region;
    }

    /// <summary>Where the pages come from.</summary>
    public MemoryBackendConfig Config { get; }

    /// <summary>The pages.</summary>
    public GuestMemoryRegion Region { get; }

    /// <summary>Who looks after the file that the pages are of; disposed with it.</summary>
    public IDisposable? FileWatch { get; set; }

    /// <summary>Makes the pages and finds a place for them. Nobody knows of them yet.</summary>
    /// <param name="space">Addresses.</param>
    /// <param name="backends">Backends by name.</param>
    /// <param name="source">Name of the backend, or else the configuration of one of its own.</param>
    /// <param name="address">Where; null for the lowest gap.</param>
    /// <param name="user">What the device is called.</param>
    /// <param name="check">Throws when the device can't use this backend.</param>
    /// <param name="comesAndGoes">The device takes pages from the host, and gives them back, bit by bit.</param>
    /// <exception cref="VmException">There is no such backend or place, or the host refused; nothing is left.</exception>
    public static DeviceMemory Create(
        MemorySpace space,
        MemoryBackendSet backends,
        (string? Name, MemoryBackendConfig? Own) source,
        ulong? address,
        string user,
        Action<MemoryBackendConfig> check,
        bool comesAndGoes = false)
    {
        MemoryBackendConfig config = source.Name is { } name
            ? backends.Acquire(name, user)
            : source.Own ?? throw new VmException(VmErrorCode.InvalidDevice, $"the memory device '{user}' has no memory backend");
        GuestRange? range = null;
        HostMapping? mapping = null;
        try
        {
            MemoryBackendSet.Check(config);
            check(config);
            range = space.Reserve(config.Size, ulong.Max(DimmConfig.Granule, config.HugePageSize ?? 0), address);
            mapping = MemoryBackendSet.Open(config, comesAndGoes);
            if (config.Preallocate)
            {
                mapping.Populate();
            }

            return new DeviceMemory(space, backends, config, source.Name, new GuestMemoryRegion(range.Value.Start, mapping));
        }
        catch (Exception e)
        {
            mapping?.Dispose();
            if (range is { } place)
            {
                space.Release(place);
            }

            if (source.Name is not null)
            {
                backends.Release(source.Name);
            }

            throw e is HostException ? new VmException(VmErrorCode.HostFailure, e.Message, e) : e;
        }
    }

    /// <summary>Puts the pages into the machine's memory map.</summary>
    /// <exception cref="VmException">HostFailure.</exception>
    public void Publish()
    {
        space.Add(Region);
        published = true;
    }

    /// <summary>Zeros for a guest that starts anew, except in a file, which keeps what it has.</summary>
    public void Clear()
    {
        if (Config.Kind != MemoryBackendKind.File)
        {
            Region.Discard();
        }
    }

    /// <summary>Returns when nobody uses the pages, and they are gone. The guest can't reach them any more.</summary>
    public void Dispose()
    {
        if (published)
        {
            space.Remove(Region);
        }

        FileWatch?.Dispose();

        // What it had goes back to the host now, whoever else may still map it.
        if (Config.Kind != MemoryBackendKind.File)
        {
            Region.GiveUp();
        }

        Region.Dispose();
        space.Release(Region.Range);
        if (backendName is not null)
        {
            backends.Release(backendName);
        }
    }
}
