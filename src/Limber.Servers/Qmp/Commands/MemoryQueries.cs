using System.Collections.Generic;
using Limber.Config.Backends;
using Limber.Control;
using Limber.Servers.Devices.Memory;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Queries about memory, and StratoVirt's commands for virtio-mem.</summary>
internal static class MemoryQueries
{
    private static readonly QmpMember Id = new("id", QmpType.String);

    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-memory-devices", MemoryTypes.Devices, Devices),
        new NoArgumentCommand("query-memory-size-summary", MemoryTypes.Summary, Summary),
        new NoArgumentCommand("query-memdev", MemoryTypes.Memdevs, Memdevs),
        new DelegateCommand("get-viomem", new(new QmpObjectType(Id), MemoryTypes.StratoVirtDevice), GetDevice),
        new DelegateCommand("set-viomem", new(new QmpObjectType(Id, new("requested-size", QmpType.String)), QmpObjectType.Empty), SetDevice),
    ];

    private static JsonValue Devices(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (MemoryDeviceInfo device in context.Machine.Memory.GetMemoryDevices())
        {
            bool isDimm = device.Kind == MemoryDeviceKind.Dimm;
            result.Add(new JsonObject
            {
                { "type", isDimm ? "dimm" : "virtio-mem" },
                { "data", isDimm ? Dimm(device) : VirtioMem(device) },
            });
        }

        return result;
    }

    private static JsonObject Dimm(MemoryDeviceInfo device) => WithId(device, new JsonObject
    {
        { "memdev", MemdevPaths.Of(device) },
        { "hotplugged", device.IsHotplugged },
        { "addr", JsonValue.FromUnsigned(device.Address) },
        { "hotpluggable", true },
        { "size", JsonValue.FromUnsigned(device.Size) },
        { "slot", device.Slot },
        { "node", device.Node },
    });

    private static JsonObject VirtioMem(MemoryDeviceInfo device) => WithId(device, new JsonObject
    {
        { "memdev", MemdevPaths.Of(device) },
        { "memaddr", JsonValue.FromUnsigned(device.Address) },
        { "block-size", JsonValue.FromUnsigned(device.BlockSize) },
        { "size", JsonValue.FromUnsigned(device.Size) },
        { "node", device.Node },
        { "max-size", JsonValue.FromUnsigned(device.MaximumSize) },
        { "requested-size", JsonValue.FromUnsigned(device.RequestedSize) },
    });

    private static JsonObject WithId(MemoryDeviceInfo device, JsonObject data)
    {
        if (device.Id is { } id)
        {
            data.Add("id", id);
        }

        return data;
    }

    private static JsonValue Summary(QmpContext context)
    {
        MemorySummary summary = context.Machine.Memory.GetSummary();
        return new JsonObject
        {
            { "base-memory", JsonValue.FromUnsigned(summary.BaseSize) },
            { "plugged-memory", JsonValue.FromUnsigned(summary.PluggedSize) },
        };
    }

    private static JsonValue Memdevs(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (MemoryBackendConfig backend in MemdevPaths.All(context.Machine))
        {
            result.Add(new JsonObject
            {
                { "share", backend.Share },
                { "reserve", true },
                { "prealloc", backend.Preallocate },
                { "host-nodes", new List<JsonValue>() },
                { "size", JsonValue.FromUnsigned(backend.Size) },
                { "merge", true },
                { "dump", true },
                { "policy", "default" },
                { "id", backend.Name },
            });
        }

        return result;
    }

    private static JsonValue GetDevice(QmpArguments arguments, QmpContext context)
    {
        MemoryDeviceInfo device = Find(context, arguments.String("id"));
        return new JsonObject
        {
            { "node", device.Node },
            { "size", JsonValue.FromUnsigned(device.MaximumSize) },
            { "block-size", JsonValue.FromUnsigned(device.BlockSize) },
            { "requested-size", JsonValue.FromUnsigned(device.RequestedSize) },
            { "plugged-size", JsonValue.FromUnsigned(device.Size) },
        };
    }

    private static JsonValue SetDevice(QmpArguments arguments, QmpContext context)
    {
        MemoryDeviceInfo device = Find(context, arguments.String("id"));
        string text = arguments.String("requested-size");
        ulong size = MemorySizes.ParseStratoVirt(text)
            ?? throw new QmpException($"Parameter 'requested-size' expects a number with an optional suffix k, M or G, not '{text}'");
        if (size > device.MaximumSize)
        {
            throw new QmpException("request size out of the device region size");
        }

        if (device.BlockSize != 0 && size % device.BlockSize != 0)
        {
            throw new QmpException("requested_size not aligned with device block size");
        }

        VirtioMemSizes.Request(context.Machine, device, size);
        return new JsonObject();
    }

    private static MemoryDeviceInfo Find(QmpContext context, string id) =>
        VirtioMemSizes.Find(context.Machine, id) ?? throw new QmpException($"not found virtio-mem@{id} device");
}
