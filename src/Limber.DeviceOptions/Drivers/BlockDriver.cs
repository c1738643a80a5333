using System.Collections.Immutable;
using System.Text;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>virtio-blk-pci</c>.</summary>
internal sealed class BlockDriver : DeviceDriver
{
    private const int MaxSerialBytes = 20;
    private const int MaxQueues = 64;
    private const int AutomaticQueues = ushort.MaxValue;

    public override string Name => "virtio-blk-pci";

    public override string ShortName => "virtio-blk";

    public override string Category => "Storage";

    private protected override ImmutableArray<PropertySpec> Own { get; } =
    [
        PropertySpec.Text("drive"),
        PropertySpec.Text("serial"),
        PropertySpec.Number("num-queues", "uint16", AutomaticQueues),
        PropertySpec.Number("queue-size", "uint16", 256),
        new("write-cache", "OnOffAuto", OptionValue.FromString("auto")),
        PropertySpec.Number("bootindex", "int32", -1),
        PropertySpec.Switch("share-rw", false),
        PropertySpec.Switch("discard", true),
        PropertySpec.Switch("write-zeroes", true),
        PropertySpec.Number("logical_block_size", "size", 512),
        new("werror", "BlockdevOnError", OptionValue.FromString("report")),
        new("rerror", "BlockdevOnError", OptionValue.FromString("report")),
    ];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        OptionReader options = reader.Options;
        options.Number("bootindex", -1, int.MaxValue);
        options.RequireSwitch("share-rw", false);
        options.Boolean("discard");
        options.Boolean("write-zeroes");
        if (options.Size("logical_block_size") is { } size and not 512)
        {
            throw OptionException.NotBuilt($"logical_block_size={size}", "supported: 512");
        }

        RequireReport(options, "werror");
        RequireReport(options, "rerror");
        if (options.Bag.TryGet("write-cache", out OptionValue cache) && cache.AsText() != "auto")
        {
            options.RequireSwitch("write-cache", true);
        }

        long? queues = options.Number("num-queues", 1, AutomaticQueues);
        if (queues is > MaxQueues and < AutomaticQueues)
        {
            // Says the limit that holds, in the words of the range check.
            options.Number("num-queues", 1, MaxQueues);
        }

        string drive = options.Text("drive") is { Length: > 0 } name ? name : throw new OptionException("drive property not set");
        if (!reader.References.HasBlockBackend(drive))
        {
            throw new OptionException($"Property 'virtio-blk-device.drive' can't find value '{drive}'");
        }

        return new DiskDeviceConfig
        {
            Id = reader.Id,
            Bus = reader.Bus,
            Slot = reader.Slot,
            Backend = drive,
            Serial = Serial(options),
            Queues = queues == AutomaticQueues ? null : (int?)queues,
            QueueSize = options.PowerOfTwo("queue-size", 4, 1024) ?? 256,
        };
    }

    private static void RequireReport(OptionReader options, string name)
    {
        if (options.Word(name, "report", "auto", "stop", "ignore", "enospc") is { } policy && policy is not ("report" or "auto"))
        {
            throw OptionException.NotBuilt($"{name}={policy}", "supported: report");
        }
    }

    private static string? Serial(OptionReader options)
    {
        if (options.Text("serial") is not { } serial)
        {
            return null;
        }

        int bytes = Encoding.UTF8.GetByteCount(serial);
        return bytes <= MaxSerialBytes
            ? serial
            : throw new OptionException($"Property 'virtio-blk-device.serial' doesn't take value '{serial}': it has {bytes} bytes (maximum: {MaxSerialBytes})");
    }
}
