using System;
using System.Collections.Generic;
using System.Globalization;

namespace Limber.Cpu;

/// <summary>
/// <c>-smp</c> in StratoVirt's dialect: no machine types, 8-bit counts, at most 254 CPUs, and a count of
/// 0 is the same as none. A cluster becomes a module of the topology.
/// </summary>
public static class StratoVirtSmpResolver
{
    /// <summary>CPUs that 8-bit APIC ids without the broadcast id leave, minus the I/O APIC.</summary>
    public const int MaxCpus = 254;

    private static readonly string[] s_keys = ["cpus", "maxcpus", "sockets", "dies", "clusters", "cores", "threads"];

    /// <summary>Resolves the keys and values of one <c>-smp</c>.</summary>
    /// <exception cref="SmpException">The message names the first thing that is wrong.</exception>
    public static SmpConfiguration Resolve(IReadOnlyList<KeyValuePair<string, string>> items)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach ((string key, string value) in items)
        {
            counts[key] = ParseCount(key, value);
        }

        int cpus = counts.GetValueOrDefault("cpus");
        if (cpus is < 1 or > MaxCpus)
        {
            throw new SmpException($"Invalid value for 'cpus': {cpus} is not in 1..={MaxCpus}");
        }

        int sockets = counts.GetValueOrDefault("sockets");
        int dies = Math.Max(1, counts.GetValueOrDefault("dies"));
        int clusters = Math.Max(1, counts.GetValueOrDefault("clusters"));
        int cores = counts.GetValueOrDefault("cores");
        int threads = counts.GetValueOrDefault("threads");
        long maxCpus = counts.GetValueOrDefault("maxcpus");
        if (maxCpus == 0)
        {
            long product = Product(sockets, dies, clusters, cores, threads);
            maxCpus = product == 0 ? cpus : product;
        }

        FillIn(maxCpus, (long)dies * clusters, ref sockets, ref cores, ref threads);
        if (Product(sockets, dies, clusters, cores, threads) != maxCpus)
        {
            throw new SmpException("sockets * dies * clusters * cores * threads must be equal to max_cpus");
        }

        if (maxCpus < cpus || maxCpus > MaxCpus)
        {
            throw new SmpException($"MAX CPU number must >= {cpus} and <= {MaxCpus}.");
        }

        return new SmpConfiguration(cpus, (int)maxCpus, new CpuTopology(sockets, dies, clusters, cores, threads));
    }

    private static void FillIn(long maxCpus, long others, ref int sockets, ref int cores, ref int threads)
    {
        if (cores == 0)
        {
            sockets = Math.Max(1, sockets);
            threads = Math.Max(1, threads);
            cores = (int)Math.Min(maxCpus / (others * sockets * threads), int.MaxValue);
        }
        else if (sockets == 0)
        {
            threads = Math.Max(1, threads);
            sockets = (int)Math.Min(maxCpus / (others * cores * threads), int.MaxValue);
        }

        if (threads == 0)
        {
            threads = (int)Math.Min(maxCpus / (others * sockets * cores), int.MaxValue);
        }
    }

    // Five 8-bit factors fit 40 bits; a filled-in factor never exceeds maxCpus, so the sum stays below 63.
    private static long Product(int sockets, int dies, int clusters, int cores, int threads) =>
        (long)sockets * dies * clusters * cores * threads;

    private static int ParseCount(string key, string text)
    {
        if (Array.IndexOf(s_keys, key) < 0)
        {
            throw new SmpException($"unknown -smp parameter '{key}'");
        }

        return byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte count)
            ? count
            : throw new SmpException($"Invalid value '{text}' for -smp parameter '{key}': must be a number up to 255");
    }
}
