using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary>
/// Cloud Hypervisor's option table and the reading of an argument list by it: <c>--name value</c> or
/// <c>--name=value</c>, each option once, the device options any number of times and with several values.
/// </summary>
internal sealed class CloudHypervisorOptions
{
    private const int MaxVerbosity = 3;

    private static readonly FrozenDictionary<string, Kind> Table = Build();

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _lists = new(StringComparer.Ordinal);

    private enum Kind
    {
        Flag,
        Value,

        /// <summary>Several values after one option, and the option several times.</summary>
        ManyValues,

        /// <summary>A value that may be left out.</summary>
        OptionalValue,
    }

    /// <summary>Times that <c>-v</c> was given, at most 3.</summary>
    public int Verbosity { get; private set; }

    /// <summary>Names of the options given, in order.</summary>
    public List<string> Given { get; } = [];

    /// <summary>Whether the option takes a value; null when there is no such option. The name has no dashes.</summary>
    public static bool? TakesValue(string name) =>
        Table.TryGetValue(name, out Kind kind) ? kind is Kind.Value or Kind.ManyValues : null;

    /// <summary>Whether the argument is one of the single-dash options.</summary>
    public static bool IsShort(string arg) => arg is "-V" or "-h" || IsVerbosity(arg);

    /// <summary>Reads an argument list.</summary>
    /// <exception cref="CommandLineException">An unknown or repeated option, or a missing or stray value.</exception>
    public static CloudHypervisorOptions Read(IReadOnlyList<string> args)
    {
        CloudHypervisorOptions options = new();
        int i = 0;
        while (i < args.Count)
        {
            string arg = args[i++];
            if (IsVerbosity(arg))
            {
                options.Verbosity = Math.Min(MaxVerbosity, options.Verbosity + arg.Length - 1);
                continue;
            }

            string[] sides = arg.Split('=', 2);
            string name = sides[0] switch
            {
                "-V" => "version",
                "-h" => "help",
                string text when text.StartsWith("--", StringComparison.Ordinal) => text[2..],
                _ => "",
            };
            if (!Table.TryGetValue(name, out Kind kind))
            {
                throw new CommandLineException($"unexpected argument '{sides[0]}' found (see --help)");
            }

            i = options.Take(name, kind, sides.Length == 2 ? sides[1] : null, args, i);
        }

        return options;
    }

    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The value of an option, or null when it was not given.</summary>
    public string? Value(string name) => _values.GetValueOrDefault(name);

    /// <summary>All values of an option that takes many, in order.</summary>
    public IReadOnlyList<string> Values(string name) => _lists.TryGetValue(name, out List<string>? values) ? values : [];

    /// <returns>Index of the first argument that is not part of the option.</returns>
    private int Take(string name, Kind kind, string? attached, IReadOnlyList<string> args, int next)
    {
        if (kind == Kind.Flag && attached is not null)
        {
            throw new CommandLineException($"unexpected value '{attached}' for '--{name}' found; no more were expected");
        }

        string? value = attached;
        if (value is null && kind != Kind.Flag && next < args.Count && !IsOption(args[next]))
        {
            value = args[next++];
        }

        if (value is null && kind is Kind.Value or Kind.ManyValues)
        {
            throw new CommandLineException($"a value is required for '--{name} <{name}>' but none was supplied");
        }

        if (kind == Kind.ManyValues)
        {
            if (!_lists.TryGetValue(name, out List<string>? list))
            {
                _lists.Add(name, list = []);
            }

            list.Add(value!);
            while (attached is null && next < args.Count && !IsOption(args[next]))
            {
                list.Add(args[next++]);
            }
        }

        if (!_values.TryAdd(name, value ?? "") && kind != Kind.ManyValues)
        {
            throw new CommandLineException($"the argument '--{name}' cannot be used multiple times");
        }

        Given.Add(name);
        return next;
    }

    private static bool IsOption(string arg) => arg.Length > 1 && arg[0] == '-';

    private static bool IsVerbosity(string arg) =>
        arg.Length > 1 && arg[0] == '-' && arg.Skip(1).All(c => c == 'v');

    private static FrozenDictionary<string, Kind> Build()
    {
        Dictionary<string, Kind> table = new(StringComparer.Ordinal);
        Add(Kind.Flag, "help version no-shutdown watchdog pvpanic landlock");
        Add(Kind.Value, "kernel firmware igvm host-data initramfs cmdline cpus memory serial console debug-console "
            + "api-socket rng balloon vsock platform tpm restore seccomp log-file log-format event-monitor gdb ivshmem " + LimberOption.Name);
        Add(Kind.ManyValues, "disk net fs pmem device user-device vdpa generic-vhost-user memory-zone numa pci-segment "
            + "rate-limit-group landlock-rules");
        Add(Kind.OptionalValue, "rtc");
        return table.ToFrozenDictionary(StringComparer.Ordinal);

        void Add(Kind kind, string names)
        {
            foreach (string name in names.Split(' '))
            {
                table.Add(name, kind);
            }
        }
    }
}
