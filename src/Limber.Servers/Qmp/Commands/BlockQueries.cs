using System.Collections.Generic;
using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>query-block</c> and <c>query-named-block-nodes</c>.</summary>
internal static class BlockQueries
{
    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-block", BlockTypes.Disks, Disks),
        new DelegateCommand(
            "query-named-block-nodes",
            new(new QmpObjectType(new QmpMember("flat", QmpType.Boolean, true)), BlockTypes.Nodes),
            Nodes),
    ];

    /// <summary>Disks that devices have, by place, then drives that no device has. A node of <c>blockdev-add</c> is no drive: it has no name here.</summary>
    private static JsonValue Disks(QmpContext context)
    {
        List<JsonValue> result = [];
        List<BackendInfo> backends = [.. Backends(context.Machine)];
        foreach (DeviceInfo device in context.Machine.Devices.GetDevices())
        {
            if (device.Config is not DiskDeviceConfig disk)
            {
                continue;
            }

            BackendInfo? backend = backends.Find(backend => backend.Config.Name == disk.Backend);
            JsonObject? inserted = backend is not null ? Describe(backend)
                : disk.Image is { } image ? Describe(null, image, null, 0)
                : null;
            string name = backend is null || context.Services.Blocks.IsNode(backend.Config.Name) ? string.Empty : backend.Config.Name;
            result.Add(Disk(name, PeripheralPaths.BackendPath(device), inserted));
        }

        foreach (BackendInfo backend in backends.Where(backend => backend.UserPath is null && !context.Services.Blocks.IsNode(backend.Config.Name)))
        {
            result.Add(Disk(backend.Config.Name, null, Describe(backend)));
        }

        return result;
    }

    private static JsonValue Nodes(QmpArguments arguments, QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (BackendInfo backend in Backends(context.Machine))
        {
            result.Add(Describe(backend));
            if (context.Services.Blocks.ChildOf(backend.Config.Name) is { Name: { } name } child)
            {
                result.Add(Describe(name, child.Image, child.Driver, backend.SizeBytes));
            }
        }

        return result;
    }

    private static IEnumerable<BackendInfo> Backends(IVirtualMachine machine) =>
        machine.Devices.GetBackends().Where(static backend => backend.Config is BlockBackendConfig);

    private static JsonObject Disk(string name, string? path, JsonObject? inserted)
    {
        JsonObject disk = new() { { "device", name }, { "locked", false }, { "removable", false } };
        if (inserted is not null)
        {
            disk.Add("inserted", inserted);
        }

        if (path is not null)
        {
            disk.Add("qdev", path);
        }

        disk.Add("type", "unknown");
        return disk;
    }

    private static JsonObject Describe(BackendInfo backend) =>
        Describe(backend.Config.Name, ((BlockBackendConfig)backend.Config).Image, backend.Format, backend.SizeBytes);

    private static JsonObject Describe(string? name, BlockImageConfig image, string? format, ulong size)
    {
        string driver = format ?? (image.Format == BlockFormat.Qcow2 ? "qcow2" : "raw");
        JsonObject inserted = new()
        {
            { "iops_rd", 0 },
            { "detect_zeroes", "off" },
            {
                "image",
                new JsonObject { { "virtual-size", JsonValue.FromUnsigned(size) }, { "filename", image.Path }, { "format", driver } }
            },
            { "iops_wr", 0 },
            { "ro", image.ReadOnly },
        };
        if (name is not null)
        {
            inserted.Add("node-name", name);
        }

        inserted.Add("backing_file_depth", 0);
        inserted.Add("drv", driver);
        inserted.Add("iops", JsonValue.FromUnsigned(image.RateLimiter?.Operations?.Size ?? 0));
        inserted.Add("bps_wr", 0);
        inserted.Add("write_threshold", 0);
        inserted.Add("encrypted", false);
        inserted.Add("bps", JsonValue.FromUnsigned(image.RateLimiter?.Bandwidth?.Size ?? 0));
        inserted.Add("bps_rd", 0);
        inserted.Add(
            "cache",
            new JsonObject { { "no-flush", image.NoFlush }, { "direct", image.Direct }, { "writeback", !image.WriteThrough } });
        inserted.Add("file", image.Path);
        return inserted;
    }
}
