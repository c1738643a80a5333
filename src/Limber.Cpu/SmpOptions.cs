using System;
using System.Collections.Generic;

namespace Limber.Cpu;

/// <summary>The values of <c>-smp</c> as given; null is a key that was not given.</summary>
public sealed record SmpOptions
{
    public long? Cpus { get; init; }

    public long? Drawers { get; init; }

    public long? Books { get; init; }

    public long? Sockets { get; init; }

    public long? Dies { get; init; }

    public long? Clusters { get; init; }

    public long? Modules { get; init; }

    public long? Cores { get; init; }

    public long? Threads { get; init; }

    public long? MaxCpus { get; init; }

    /// <summary>The keys, sorted, as <c>-smp help</c> lists them.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["books", "clusters", "cores", "cpus", "dies", "drawers", "maxcpus", "modules", "sockets", "threads"];

    /// <summary>Reads key=value pairs. A key may repeat, within one option or over several: the last counts.</summary>
    /// <exception cref="SmpException">A value is not an integer, or a key is unknown.</exception>
    public static SmpOptions Parse(IReadOnlyList<KeyValuePair<string, string>> items)
    {
        Dictionary<string, string> last = new(StringComparer.Ordinal);
        foreach ((string key, string value) in items)
        {
            last[key] = value;
        }

        // Values are looked at in this order, before unknown keys.
        SmpOptions options = new()
        {
            Cpus = Take(last, "cpus"),
            Drawers = Take(last, "drawers"),
            Books = Take(last, "books"),
            Sockets = Take(last, "sockets"),
            Dies = Take(last, "dies"),
            Clusters = Take(last, "clusters"),
            Modules = Take(last, "modules"),
            Cores = Take(last, "cores"),
            Threads = Take(last, "threads"),
            MaxCpus = Take(last, "maxcpus"),
        };

        foreach ((string key, _) in items)
        {
            if (last.ContainsKey(key))
            {
                throw new SmpException($"Parameter 'smp.{key}' is unexpected");
            }
        }

        return options;
    }

    private static long? Take(Dictionary<string, string> items, string key)
    {
        if (!items.Remove(key, out string? text))
        {
            return null;
        }

        return QemuInteger.TryParse(text, out long value)
            ? value
            : throw new SmpException($"Parameter 'smp.{key}' expects integer");
    }
}
