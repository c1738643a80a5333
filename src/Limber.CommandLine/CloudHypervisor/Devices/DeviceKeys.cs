using System;
using System.Globalization;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor.Devices;

/// <summary>The keys that every device option has: id, place, IOMMU; and those of rate limits.</summary>
internal static class DeviceKeys
{
    private const int MaximumSlot = 31;

    private static readonly string[] Common = ["id", "iommu", "pci_segment", "pci_device_id"];

    private static readonly string[] RateLimits =
    [
        "bw_size", "bw_one_time_burst", "bw_refill_time", "ops_size", "ops_one_time_burst", "ops_refill_time",
    ];

    /// <summary>Parses a device option.</summary>
    /// <param name="option">The option and its value as typed.</param>
    /// <param name="value">Its value.</param>
    /// <param name="keys">Keys beside the common ones.</param>
    /// <param name="rateLimited">Whether it takes rate limits.</param>
    public static OptionParser Parse(string option, string value, string[] keys, bool rateLimited = false)
    {
        OptionParser parser = new(option, value, [.. Common, .. keys, .. rateLimited ? RateLimits : []], []);
        CheckCommon(option, parser);
        return parser;
    }

    /// <summary>Refuses what is not built of the common keys.</summary>
    public static void CheckCommon(string option, OptionParser parser)
    {
        if (parser.Toggle("iommu") == true)
        {
            throw CommandLineException.NotBuilt($"{option}: iommu=on");
        }

        if (parser.Number("pci_segment", 0, 0xFFFF) is { } segment and not 0)
        {
            throw CommandLineException.NotBuilt($"{option}: pci_segment={segment}", "supported: 0");
        }

        if (parser.Text("id") is { } id && id.StartsWith("__", StringComparison.Ordinal))
        {
            throw new CommandLineException($"{option}: ids that begin with __ are reserved");
        }
    }

    /// <summary>The device number, or null to choose one.</summary>
    public static int? Slot(OptionParser parser) => (int?)parser.Number("pci_device_id", 1, MaximumSlot);

    /// <summary>The rate limits, or null for none.</summary>
    public static RateLimiterConfig? RateLimiter(string option, OptionParser parser)
    {
        TokenBucketConfig? bandwidth = Bucket(option, parser, "bw");
        TokenBucketConfig? operations = Bucket(option, parser, "ops");
        return bandwidth is null && operations is null ? null : new RateLimiterConfig(bandwidth, operations);
    }

    /// <summary>A required text.</summary>
    public static string Required(string option, OptionParser parser, string key) =>
        parser.Text(key) ?? throw new CommandLineException($"{option}: {key} is missing");

    private static TokenBucketConfig? Bucket(string option, OptionParser parser, string prefix)
    {
        ulong? size = parser.Number(prefix + "_size", 0, ulong.MaxValue);
        ulong? refill = parser.Number(prefix + "_refill_time", 0, ulong.MaxValue);
        if (size is null && refill is null)
        {
            return null;
        }

        return size is > 0 && refill is > 0
            ? new TokenBucketConfig(size.Value, parser.Number(prefix + "_one_time_burst", 0, ulong.MaxValue) ?? 0, refill.Value)
            : throw new CommandLineException(
                string.Create(CultureInfo.InvariantCulture, $"{option}: {prefix}_size and {prefix}_refill_time need each other, and values above 0"));
    }
}
