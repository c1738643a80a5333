using System;
using System.Collections.Generic;
using System.Globalization;

namespace Limber.Cpu;

/// <summary>
/// Completes and checks <c>-smp</c> by the rules of QEMU 10.0: what is missing follows from what is
/// given, integer division truncates, and the product check then finds what does not fit.
/// </summary>
public static class SmpResolver
{
    /// <summary>Parses and resolves the keys and values of one or more <c>-smp</c>.</summary>
    /// <exception cref="SmpException">The message names the first thing that is wrong.</exception>
    public static SmpConfiguration Resolve(IReadOnlyList<KeyValuePair<string, string>> items, SmpMachine machine) =>
        Resolve(SmpOptions.Parse(items), machine);

    /// <summary>Resolves parsed values.</summary>
    /// <exception cref="SmpException">The message names the first thing that is wrong.</exception>
    public static SmpConfiguration Resolve(SmpOptions options, SmpMachine machine)
    {
        CheckGreaterThanZero(options);
        CheckSupported(options, machine);

        Levels levels = new(options);
        levels.FillIn(machine.PreferSockets);
        CheckCounts(levels, machine);

        try
        {
            CpuTopology topology = new(
                (int)levels.Sockets, (int)levels.Dies, (int)levels.Modules, (int)levels.Cores, (int)levels.Threads);
            return new SmpConfiguration((int)levels.Cpus, (int)levels.MaxCpus, topology);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            // Only a machine type whose limit lies above the limit of CpuTopology gets here.
            throw new SmpException($"Invalid SMP CPUs {levels.MaxCpus}. The max CPUs supported is {CpuTopology.MaxTotal}");
        }
    }

    private static void CheckGreaterThanZero(SmpOptions o)
    {
        if (o.Cpus == 0 || o.Drawers == 0 || o.Books == 0 || o.Sockets == 0 || o.Dies == 0 || o.Clusters == 0
            || o.Modules == 0 || o.Cores == 0 || o.Threads == 0 || o.MaxCpus == 0)
        {
            throw new SmpException("Invalid CPU topology: CPU topology parameters must be greater than zero");
        }
    }

    private static void CheckSupported(SmpOptions options, SmpMachine machine)
    {
        CheckLevel("modules", options.Modules, machine.SupportsModules);
        CheckLevel("clusters", options.Clusters, supported: false);
        CheckLevel("dies", options.Dies, machine.SupportsDies);
        CheckLevel("books", options.Books, supported: false);
        CheckLevel("drawers", options.Drawers, supported: false);
    }

    private static void CheckLevel(string name, long? value, bool supported)
    {
        if (!supported && value > 1)
        {
            throw new SmpException($"{name} > 1 not supported by this machine's CPU topology");
        }
    }

    private static void CheckCounts(Levels levels, SmpMachine machine)
    {
        if (levels.Product != levels.MaxCpus)
        {
            throw new SmpException(
                $"Invalid CPU topology: product of the hierarchy must match maxcpus: {levels.Describe(machine)} != maxcpus ({levels.MaxCpus})");
        }

        if (levels.MaxCpus < levels.Cpus)
        {
            throw new SmpException(
                $"Invalid CPU topology: maxcpus must be equal to or greater than smp: {levels.Describe(machine)} == maxcpus ({levels.MaxCpus}) < smp_cpus ({levels.Cpus})");
        }

        if (levels.Cpus < machine.MinCpus)
        {
            throw new SmpException(
                $"Invalid SMP CPUs {Signed(levels.Cpus)}. The min CPUs supported by machine '{machine.Name}' is {machine.MinCpus}");
        }

        if (levels.MaxCpus > machine.MaxCpus)
        {
            throw new SmpException(
                $"Invalid SMP CPUs {Signed(levels.MaxCpus)}. The max CPUs supported by machine '{machine.Name}' is {machine.MaxCpus}");
        }
    }

    // QEMU prints 32-bit counts as signed numbers, so -1 comes back to the user as he typed it.
    private static string Signed(ulong count) => count <= uint.MaxValue
        ? unchecked((int)(uint)count).ToString(CultureInfo.InvariantCulture)
        : count.ToString(CultureInfo.InvariantCulture);

    /// <summary>Counts while they are filled in; 0 is "missing". Products stop at the top of 64 bits.</summary>
    private sealed class Levels(SmpOptions options)
    {
        internal ulong Cpus { get; private set; } = Narrow(options.Cpus);

        internal ulong MaxCpus { get; private set; } = Narrow(options.MaxCpus);

        internal ulong Sockets { get; private set; } = Narrow(options.Sockets);

        // Other levels that wrap to 0 count as not given; as factors they must be at least 1.
        internal ulong Dies { get; } = Math.Max(1, Narrow(options.Dies));

        internal ulong Modules { get; } = Math.Max(1, Narrow(options.Modules));

        internal ulong Cores { get; private set; } = Narrow(options.Cores);

        internal ulong Threads { get; private set; } = Narrow(options.Threads);

        internal ulong Product => Multiply(Others, Sockets, Cores, Threads);

        private ulong Others => Multiply(Dies, Modules);

        internal void FillIn(bool preferSockets)
        {
            if (Cpus == 0 && MaxCpus == 0)
            {
                Sockets = OrOne(Sockets);
                Cores = OrOne(Cores);
                Threads = OrOne(Threads);
            }
            else
            {
                FillInFrom(MaxCpus == 0 ? Cpus : MaxCpus, preferSockets);
            }

            MaxCpus = MaxCpus == 0 ? Product : MaxCpus;
            Cpus = Cpus == 0 ? MaxCpus : Cpus;
        }

        internal string Describe(SmpMachine machine) =>
            $"sockets ({Sockets})"
            + (machine.SupportsDies ? $" * dies ({Dies})" : string.Empty)
            + (machine.SupportsModules ? $" * modules ({Modules})" : string.Empty)
            + $" * cores ({Cores}) * threads ({Threads})";

        private void FillInFrom(ulong maxCpus, bool preferSockets)
        {
            MaxCpus = maxCpus;
            bool fillSockets = Sockets == 0 && (preferSockets || Cores != 0);
            if (fillSockets)
            {
                Cores = OrOne(Cores);
                Threads = OrOne(Threads);
                Sockets = maxCpus / Multiply(Others, Cores, Threads);
            }
            else if (Cores == 0)
            {
                Sockets = OrOne(Sockets);
                Threads = OrOne(Threads);
                Cores = maxCpus / Multiply(Others, Sockets, Threads);
            }

            if (Threads == 0)
            {
                Threads = maxCpus / Multiply(Others, Sockets, Cores);
            }
        }

        private static ulong OrOne(ulong count) => count == 0 ? 1 : count;

        private static ulong Narrow(long? value) => unchecked((uint)(value ?? 0));

        private static ulong Multiply(params ReadOnlySpan<ulong> factors)
        {
            UInt128 product = 1;
            foreach (ulong factor in factors)
            {
                if (factor == 0)
                {
                    return 0;
                }

                product = UInt128.Min(product * factor, ulong.MaxValue);
            }

            return (ulong)product;
        }
    }
}
