using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.DeviceOptions.Drivers;

namespace Limber.DeviceOptions;

/// <summary>The drivers of PCI devices by name.</summary>
public static class DeviceCatalog
{
    private const string ModernSuffix = "-non-transitional";

    /// <summary>Drivers of QEMU that a client may well ask for and that are not here, with what is.</summary>
    private static readonly Dictionary<string, string> NotBuilt = new(StringComparer.Ordinal)
    {
        ["vhost-vsock-pci"] = "it hands the guest's sockets to the host kernel; use virtio-vsock-pci,guest-cid=CID,socket=PATH",
        ["virtio-scsi-pci"] = "supported: virtio-blk-pci",
        ["virtio-9p-pci"] = "supported: vhost-user-fs-pci",
        ["vhost-user-blk-pci"] = "supported: virtio-blk-pci",
        ["e1000"] = "supported: virtio-net-pci",
        ["e1000e"] = "supported: virtio-net-pci",
        ["nvme"] = "supported: virtio-blk-pci",
        ["nvdimm"] = "supported: pc-dimm, virtio-pmem-pci",
        ["pcie-pci-bridge"] = "supported: pcie-root-port",
        ["ioh3420"] = "supported: pcie-root-port",
    };

    private static readonly Dictionary<string, DeviceDriver> ByName = Index();

    /// <summary>All drivers, in the order of their names.</summary>
    public static ImmutableArray<DeviceDriver> All { get; } =
        [.. ByName.Values.Distinct().OrderBy(static driver => driver.Name, StringComparer.Ordinal)];

    /// <summary>The driver with a name or alias, or null.</summary>
    public static DeviceDriver? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Why a driver that exists elsewhere is not here; null for a name that means nothing.</summary>
    public static string? FindReason(string name) =>
        NotBuilt.TryGetValue(name, out string? reason) ? $"Device '{name}' is not built yet ({reason})"
        : name.EndsWith("-transitional", StringComparison.Ordinal) && Find(name.Replace("-transitional", "", StringComparison.Ordinal)) is { } modern
            ? $"Device '{name}' is not built yet (supported: {modern.Name}, which is modern only)"
        : name.StartsWith("virtio-", StringComparison.Ordinal) && name.EndsWith("-device", StringComparison.Ordinal) && Find(name[..^"-device".Length]) is not null
            ? $"No 'virtio-bus' bus found for device '{name}'"
        : null;

    private static Dictionary<string, DeviceDriver> Index()
    {
        Dictionary<string, DeviceDriver> index = new(StringComparer.Ordinal);
        DeviceDriver[] drivers =
        [
            new BalloonDriver(), new BlockDriver(), new FsDriver(), new NetDriver(), new PmemDriver(), new RngDriver(),
            new RootPortDriver(), new SerialDriver(), new VfioDriver(), new VirtioMemDriver(), new VsockDriver(),
        ];
        foreach (DeviceDriver driver in drivers)
        {
            index.Add(driver.Name, driver);
            if (driver.ShortName is { } alias)
            {
                index.Add(alias, driver);
            }

            if (driver.IsVirtio)
            {
                index.Add(driver.Name + ModernSuffix, driver);
            }
        }

        return index;
    }
}
