using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;

namespace Limber.CommandLine.StratoVirt;

/// <summary>
/// StratoVirt's option table (2.5) and the reading of an argument list by it. Options take one dash; a value
/// may be left out where the table says so; most options may be given once only.
/// </summary>
internal sealed class StratoVirtOptions
{
    private const string Usage = "Use '-h' or '-help' to get usage.";

    private static readonly FrozenDictionary<string, Kind> Table = Build();

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    private enum Kind
    {
        Flag,
        Value,
        ManyValues,

        /// <summary>Any number of times, with or without a value, and without effect.</summary>
        Ignored,
    }

    public static bool Contains(string name) => Table.ContainsKey(name);

    public static bool TakesValue(string name) =>
        Table.TryGetValue(name, out Kind kind) && kind is Kind.Value or Kind.ManyValues;

    /// <summary>The options that were given, each with its values in order; flags have none.</summary>
    public IEnumerable<KeyValuePair<string, List<string>>> Given
    {
        get
        {
            foreach (KeyValuePair<string, List<string>> given in _values)
            {
                if (Table[given.Key] != Kind.Ignored)
                {
                    yield return given;
                }
            }
        }
    }

    /// <summary>Reads an argument list.</summary>
    /// <exception cref="CommandLineException">An unknown or repeated option, or a missing or stray value.</exception>
    public static StratoVirtOptions Read(IReadOnlyList<string> args)
    {
        StratoVirtOptions options = new();
        for (int i = 0; i < args.Count; i++)
        {
            string arg = args[i];
            string name = arg.StartsWith('-') ? arg[1..] : "";
            if (!Table.TryGetValue(name, out Kind kind))
            {
                throw new CommandLineException(
                    $"Found argument '{arg}' which wasn't expected, or isn't valid in the context. {Usage}");
            }

            bool again = options._values.TryGetValue(name, out List<string>? values);
            if (again && kind is Kind.Flag or Kind.Value)
            {
                throw new CommandLineException($"The argument '{name}' was provided more than once. {Usage}");
            }

            values ??= options._values[name] = [];

            bool hasValue = kind != Kind.Flag && i + 1 < args.Count && !IsOption(args[i + 1]);
            if (hasValue)
            {
                values.Add(args[++i]);
            }
            else if (kind is Kind.ManyValues || (kind is Kind.Value && name != "D"))
            {
                throw new CommandLineException(
                    $"The argument '{name}' requires a value, but none was supplied. {Usage}");
            }
        }

        return options;
    }

    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The value of an option that is given at most once, or null.</summary>
    public string? Value(string name) =>
        _values.TryGetValue(name, out List<string>? values) && values.Count > 0 ? values[0] : null;

    public IReadOnlyList<string> Values(string name) =>
        _values.TryGetValue(name, out List<string>? values) ? values : [];

    private static bool IsOption(string arg) => arg.Length > 1 && arg[0] == '-';

    private static FrozenDictionary<string, Kind> Build()
    {
        Dictionary<string, Kind> table = new(StringComparer.Ordinal);
        Add(Kind.Flag, "h help V version S daemonize disable-seccomp mem-prealloc battery no-shutdown");
        Add(Kind.Value, "machine accel smp cpu m mem-path kernel append initrd qmp serial pidfile D name incoming "
            + "hardware-signature vnc " + LimberOption.Name);
        Add(Kind.ManyValues, "chardev mon drive device netdev object numa trace global smbios pflash fsdev audiodev "
            + "cameradev");
        Add(Kind.Ignored, "overcommit uuid no-user-config nodefaults sandbox msg rtc boot nographic realtime display usb");
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
