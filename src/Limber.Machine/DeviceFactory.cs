using System;
using System.Threading;
using Limber.Block;
using Limber.Chardev;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Device;
using Limber.Device.Loop;
using Limber.Memory;
using Limber.Virtio;
using Limber.Virtio.Balloon;
using Limber.Virtio.Mem;
using Limber.Virtio.Pci;
using Limber.Virtio.Rng;
using Limber.VhostUser;
using Limber.VirtioBlock;
using Limber.VirtioConsole;
using Limber.VirtioDevices.Fs;
using Limber.VirtioDevices.Net;
using Limber.VirtioDevices.Vhost;
using Limber.VirtioDevices.Vsock;

namespace Limber.Machine;

/// <summary>Makes devices from their configuration, each on a loop of its own.</summary>
/// <remarks>Thread: a client's; may wait for the host, so no lock is held.</remarks>
internal sealed class DeviceFactory
{
    private const int LongestThreadName = 15;

    private static readonly TimeSpan BackendPatience = TimeSpan.FromSeconds(5);

    private readonly GuestMemoryMap memory;
    private readonly IDeviceLog log;
    private readonly BackendSet backends;
    private readonly PmemDevices pmem;
    private readonly HostDevices hostDevices;
    private readonly VirtioMemFactory memoryDevices;
    private readonly int bootProcessors;
    private readonly TimeProvider time;
    private int lastCard;

    public DeviceFactory(
        MachinePlatform platform, BackendSet backends, HostDevices hostDevices, VirtioMemFactory memoryDevices, TimeProvider time)
    {
        this.time = time;
        this.memoryDevices = memoryDevices;
        memory = platform.MemoryMap;
        log = platform.GuestErrors;
        this.backends = backends;
        this.hostDevices = hostDevices;
        bootProcessors = platform.Config.Cpus.Boot;
        pmem = new PmemDevices(platform.PmemWindow, platform.GuestMappings, platform.LostPages);
    }

    /// <summary>Hears that the guest opened or closed the port with an id. Any thread.</summary>
    public required Action<string, bool> PortChanged { get; init; }

    /// <summary>A device that is on no bus yet.</summary>
    /// <param name="config">What it is.</param>
    /// <param name="path">Object path of the device.</param>
    /// <param name="failed">Hears of failures of its back end: operation, reason, whether the host is out of space. Any thread.</param>
    /// <exception cref="VmException">It can't be made; nothing is left.</exception>
    public DeviceParts Create(DeviceConfig config, string path, Action<string, string, bool> failed)
    {
        if (config is VfioDeviceConfig host)
        {
            return hostDevices.Open(host, failed);
        }

        string name = config.Id ?? config.Driver;
        DeviceLoop loop = OpenLoop(name);
        var parts = new DeviceParts(loop);
        try
        {
            loop.Start();
            var context = new VirtioDeviceContext(name, memory, [loop], log) { RingFeatures = Offer(config.Rings) };
            VirtioDevice device = config switch
            {
                RngDeviceConfig rng => CreateRng(context, rng),
                VirtioMemDeviceConfig mem => memoryDevices.Create(context, mem, parts),
                BalloonDeviceConfig balloon => CreateBalloon(context, balloon, parts),
                DiskDeviceConfig disk => CreateDisk(context, (disk, path), parts, failed),
                NetDeviceConfig net => CreateNet(context, (net, path), parts, failed),
                FsDeviceConfig fs => CreateFs(context, fs),
                VsockDeviceConfig vsock => new VsockDevice(context, vsock.ContextId, vsock.Socket),
                PmemDeviceConfig file => pmem.Create(context, file, parts),
                ConsoleDeviceConfig console => CreateConsole(context, console, parts),
                _ => throw new VmException(VmErrorCode.InvalidDevice, $"{config.Driver} is not built yet"),
            };
            parts.Device = device;
            RequireRings(config, device);
            device.Faulted += (_, fault) => failed("device", fault.Message, false);
            parts.Function = new VirtioPciFunction(device);
            return parts;
        }
        catch (Exception e)
        {
            parts.Dispose();
            throw e is VmException ? e : e is Interop.HostException or BlockImageException or VhostUserException or ChardevException or ArgumentException
                ? new VmException(e is ArgumentException ? VmErrorCode.InvalidDevice : VmErrorCode.HostFailure, HostShortage.Describe(e, name), e)
                : e;
        }
    }

    private static DeviceLoop OpenLoop(string name)
    {
        try
        {
            return new DeviceLoop(name.Length > LongestThreadName ? name[..LongestThreadName] : name);
        }
        catch (Interop.HostException e)
        {
            throw new VmException(VmErrorCode.HostFailure, HostShortage.Describe(e, name), e);
        }
    }

    private static ulong Offer(RingConfig rings) =>
        (rings.Packed ? VirtioFeatures.RingPacked : 0)
        | (rings.IndirectDescriptors ? VirtioFeatures.IndirectDescriptors : 0)
        | (rings.EventIndex ? VirtioFeatures.EventIndex : 0)
        | (rings.QueueReset ? VirtioFeatures.RingReset : 0);

    private static void RequireRings(DeviceConfig config, VirtioDevice device)
    {
        if (config.Rings.Packed && device is HandOverDevice)
        {
            throw new VmException(
                VmErrorCode.InvalidDevice, $"'{config.Id ?? config.Driver}': packed=on is not built for devices whose rings a vhost back end serves; supported: off");
        }
    }

    private static VirtioRng CreateRng(VirtioDeviceContext context, RngDeviceConfig config)
    {
        IEntropySource source = config.Source == "/dev/urandom" ? new KernelEntropySource() : new FileEntropySource(config.Source);
        VirtioRngOptions limit = config.MaxBytes is { } bytes
            ? new VirtioRngOptions((long)Math.Min(bytes, long.MaxValue), TimeSpan.FromMilliseconds(config.PeriodMilliseconds))
            : VirtioRngOptions.Unlimited;
        try
        {
            return new VirtioRng(context, source, limit);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private VirtioBalloon CreateBalloon(VirtioDeviceContext context, BalloonDeviceConfig config, DeviceParts parts)
    {
        if (config.Size >= memory.Current.TotalSize)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"a balloon of {config.Size} bytes does not leave any of the guest's {memory.Current.TotalSize} bytes");
        }

        var balloon = new VirtioBalloon(
            context, hostDevices.BalloonMemory, new VirtioBalloonOptions(config.Size, config.DeflateOnOom, config.FreePageReporting));
        parts.Balloon = balloon;
        return balloon;
    }

    private VirtioDevice CreateNet(
        VirtioDeviceContext context, (NetDeviceConfig Config, string Path) of, DeviceParts parts, Action<string, string, bool> failed)
    {
        NetDeviceConfig config = of.Config;
        NetBackendConfig? connection = config.Connection;
        NetBackend? backend = config.Backend is { } name ? backends.AcquireNet(name, of.Path) : null;
        if (backend is not null)
        {
            parts.Release = () => backends.ReleaseNet(backend);
            connection = backend.Config;
        }

        using NetBackend? given = backend is null ? TapDescriptors.OpenCopies(connection) : null;
        VirtioDevice card = NetDevices.Create(context, config, connection, backend ?? given, Interlocked.Increment(ref lastCard) - 1);
        if (backend is not null)
        {
            backends.ConnectNet(backend, (INetCard)card);
        }

        if (card is NetDevice device)
        {
            device.BackendFailed += (_, reason) => failed("connection", reason.Message, false);
        }

        return card;
    }

    private static FsDevice CreateFs(VirtioDeviceContext context, FsDeviceConfig config)
    {
        VhostUserRings rings = VhostUserRings.Connect(config.Socket, BackendPatience);
        try
        {
            return new FsDevice(context, rings, config.Tag, config.Queues, config.QueueSize);
        }
        catch
        {
            rings.Dispose();
            throw;
        }
    }

    private ConsoleDevice CreateConsole(VirtioDeviceContext context, ConsoleDeviceConfig config, DeviceParts parts)
    {
        parts.Board = new ConsoleBoard(context, config, time, PortChanged);
        return parts.Board.Device;
    }

    private VirtioBlock.VirtioBlock CreateDisk(
        VirtioDeviceContext context, (DiskDeviceConfig Config, string Path) of, DeviceParts parts, Action<string, string, bool> failed)
    {
        DiskDeviceConfig config = of.Config;
        IBlockImage image;
        RateLimiterConfig? limits = config.RateLimiter ?? config.Image?.RateLimiter;
        if (config.Backend is { } name)
        {
            BlockBackend backend = backends.Acquire(name, of.Path);
            parts.Release = () => backends.Release(backend);
            image = backend.Image;
            limits ??= backend.Config.Image.RateLimiter;
        }
        else
        {
            image = BackendSet.OpenImage(config.Image ?? throw new VmException(VmErrorCode.InvalidDevice, $"the disk '{context.Id}' has no image"));
            parts.OwnedImage = image;
        }

        var disk = new VirtioBlock.VirtioBlock(context, image, ownsImage: false, new VirtioBlockOptions
        {
            Queues = config.Queues ?? Math.Clamp(bootProcessors, 1, VirtioBlockOptions.MaximumQueues),
            QueueSize = config.QueueSize,
            Serial = config.Serial ?? "",
            ReadOnly = config.ReadOnly,
            RateLimiter = RateLimits.Create(limits),
        });
        disk.Failed += failure => failed(
            failure.Kind.ToString().ToLowerInvariant(),
            System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(failure.ErrorNumber),
            failure.ErrorNumber == Interop.ErrorNumber.ENOSPC);
        parts.Disk = disk;
        parts.Image = image;
        return disk;
    }
}
