using System;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Backends;

/// <summary>A drive's <c>throttling.iops-total</c> and <c>throttling.bps-total</c>.</summary>
internal static class ThrottleOptions
{
    /// <summary>How all of them begin.</summary>
    public const string Prefix = "throttling.";

    private const string Operations = Prefix + "iops-total";
    private const string Bandwidth = Prefix + "bps-total";
    private const ulong Second = 1000;

    /// <summary>The limits, or null for none.</summary>
    /// <exception cref="OptionException">A limit that is not built, or that is no number.</exception>
    public static RateLimiterConfig? Read(OptionBag bag, OptionReader options)
    {
        foreach ((string name, OptionValue value) in bag)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && name is not (Operations or Bandwidth))
            {
                throw OptionException.NotBuilt($"{name}={value}", $"supported: {Operations}, {Bandwidth}");
            }
        }

        TokenBucketConfig? operations = Bucket((ulong?)options.Number(Operations, 0, long.MaxValue));
        TokenBucketConfig? bandwidth = Bucket(options.Size(Bandwidth));
        return operations is null && bandwidth is null ? null : new RateLimiterConfig(bandwidth, operations);
    }

    // A limit of zero is none. What is saved up in a second at most may be spent at once.
    private static TokenBucketConfig? Bucket(ulong? perSecond) => perSecond is null or 0 ? null : new TokenBucketConfig(perSecond.Value, 0, Second);
}
