using System;
using System.Text;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor.Devices;

/// <summary><c>--disk path=FILE,readonly=,direct=,...</c>.</summary>
internal static class DiskOption
{
    private const int MaximumSerial = 20;
    private const int MaximumQueues = 64;
    private const int MaximumQueueSize = 1024;

    private static readonly string[] Keys =
    [
        "path", "readonly", "direct", "num_queues", "queue_size", "vhost_user", "socket", "rate_limit_group", "queue_affinity", "serial",
        "backing_files", "sparse", "image_type", "lock_granularity",
    ];

    public static DiskDeviceConfig Resolve(string value)
    {
        string option = $"--disk {value}";
        OptionParser parser = DeviceKeys.Parse(option, value, Keys, rateLimited: true);
        RequireBuilt(option, parser);
        string? serial = parser.Text("serial");
        if (serial is not null && Encoding.UTF8.GetByteCount(serial) > MaximumSerial)
        {
            throw new CommandLineException($"{option}: serial has more than {MaximumSerial} bytes");
        }

        return new DiskDeviceConfig
        {
            Id = parser.Text("id"),
            Slot = DeviceKeys.Slot(parser),
            Image = new BlockImageConfig
            {
                Path = DeviceKeys.Required(option, parser, "path"),
                ReadOnly = parser.Toggle("readonly") ?? false,
                Direct = parser.Toggle("direct") ?? false,
                Discard = parser.Toggle("sparse") ?? true,
                Format = Format(option, parser.Text("image_type")),
            },
            Serial = serial,
            Queues = parser.Count("num_queues", MaximumQueues) ?? 1,
            QueueSize = QueueSizes.Check(option, parser.Count("queue_size", MaximumQueueSize) ?? 128),
            RateLimiter = DeviceKeys.RateLimiter(option, parser),
        };
    }

    private static BlockFormat Format(string option, string? type) => type?.ToLowerInvariant() switch
    {
        null => BlockFormat.Probe,
        "raw" => BlockFormat.Raw,
        "qcow2" => BlockFormat.Qcow2,
        _ => throw CommandLineException.NotBuilt($"{option}: image_type={type}", "supported: raw, qcow2"),
    };

    private static void RequireBuilt(string option, OptionParser parser)
    {
        if (parser.Toggle("vhost_user") == true)
        {
            throw CommandLineException.NotBuilt($"{option}: vhost_user=on");
        }

        foreach (string key in (string[])["socket", "rate_limit_group", "queue_affinity"])
        {
            if (parser.Text(key) is string text)
            {
                throw CommandLineException.NotBuilt($"{option}: {key}={text}");
            }
        }

        // Whether an image has backing files is decided by its format here; the key is accepted.
        _ = parser.Toggle("backing_files");
        if (parser.Text("lock_granularity") is string lockGranularity
            && !lockGranularity.Equals("full", StringComparison.OrdinalIgnoreCase)
            && !lockGranularity.Equals("byte-range", StringComparison.OrdinalIgnoreCase))
        {
            throw new CommandLineException($"{option}: lock_granularity={lockGranularity} is not byte-range or full");
        }
    }
}
