using System.Collections.Generic;
using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Json;

/// <summary>Says which devices a machine has in the words of Cloud Hypervisor.</summary>
internal static class DeviceListBuilder
{
    public static DeviceLists Build(IDeviceManager manager)
    {
        IReadOnlyList<DeviceInfo> devices = manager.GetDevices();
        Dictionary<string, BackendConfig> backends = [];
        foreach (BackendInfo backend in manager.GetBackends())
        {
            backends.TryAdd(backend.Config.Name, backend.Config);
        }

        return new DeviceLists(
            Of<DiskDeviceConfig, DiskBody>(devices, (info, disk) => Describe(info, disk, backends)),
            Of<NetDeviceConfig, NetBody>(devices, (info, net) => Describe(info, net, backends)),
            Of<RngDeviceConfig, RngBody>(devices, (_, rng) => new RngBody(rng.Source))?[0],
            Of<BalloonDeviceConfig, BalloonBody>(devices, (_, b) => new BalloonBody(b.Size, b.DeflateOnOom, b.FreePageReporting))?[0],
            Of<FsDeviceConfig, FsBody>(devices, (info, fs) => Place(info, new FsBody
            {
                Tag = fs.Tag,
                Socket = fs.Socket,
                NumQueues = fs.Queues,
                QueueSize = fs.QueueSize,
            })),
            Of<PmemDeviceConfig, PmemBody>(devices, (info, pmem) => Place(info, new PmemBody
            {
                File = pmem.File,
                Size = pmem.Size,
                DiscardWrites = pmem.DiscardWrites,
            })),
            Of<VfioDeviceConfig, HostDeviceBody>(devices, (info, host) => Place(info, new HostDeviceBody { Path = host.Path })),
            Of<VsockDeviceConfig, VsockBody>(devices, (info, vsock) => Place(info, new VsockBody { Cid = vsock.ContextId, Socket = vsock.Socket }))?[0]);
    }

    private static List<TBody>? Of<TConfig, TBody>(IReadOnlyList<DeviceInfo> devices, System.Func<DeviceInfo, TConfig, TBody> describe)
        where TConfig : DeviceConfig
    {
        List<TBody> bodies = [.. devices.Where(d => d.Config is TConfig).Select(d => describe(d, (TConfig)d.Config))];
        return bodies.Count == 0 ? null : bodies;
    }

    private static DiskBody Describe(DeviceInfo info, DiskDeviceConfig disk, Dictionary<string, BackendConfig> backends)
    {
        BlockImageConfig? image = disk.Image
            ?? (disk.Backend is { } name && backends.GetValueOrDefault(name) is BlockBackendConfig backend ? backend.Image : null);
        return Place(info, new DiskBody
        {
            Path = image?.Path,
            Readonly = disk.ReadOnly || image is { ReadOnly: true },
            Direct = image?.Direct,
            NumQueues = disk.Queues,
            QueueSize = disk.QueueSize,
            VhostUser = false,
            Serial = disk.Serial,
            RateLimiterConfig = Describe(disk.RateLimiter),
        });
    }

    private static NetBody Describe(DeviceInfo info, NetDeviceConfig net, Dictionary<string, BackendConfig> backends)
    {
        BackendConfig? connection = net.Connection ?? (net.Backend is { } name ? backends.GetValueOrDefault(name) : null);
        var tap = connection as TapBackendConfig;
        var vhost = connection as VhostUserNetBackendConfig;
        return Place(info, new NetBody
        {
            Tap = tap?.Interface,
            Ip = tap?.IpAddress,
            Mask = tap?.Netmask,
            Mac = net.MacAddress,
            HostMac = tap?.HostMacAddress,
            Mtu = net.Mtu,
            NumQueues = net.QueuePairs * 2,
            QueueSize = net.QueueSize,
            VhostUser = vhost is not null,
            VhostSocket = vhost?.Socket,
            VhostMode = vhost is null ? null : vhost.Server ? "Server" : "Client",
            RateLimiterConfig = Describe(net.RateLimiter),
        });
    }

    private static T Place<T>(DeviceInfo info, T body)
        where T : DeviceBody => body with { Id = info.Id ?? info.Path, PciSegment = 0, PciDeviceId = info.Location.Device };

    private static RateLimiterBody? Describe(RateLimiterConfig? limiter) =>
        limiter is null ? null : new RateLimiterBody(Describe(limiter.Bandwidth), Describe(limiter.Operations));

    private static TokenBucketBody? Describe(TokenBucketConfig? bucket) =>
        bucket is null ? null : new TokenBucketBody(bucket.Size, bucket.OneTimeBurst, bucket.RefillMilliseconds);
}
